"""Every act that the audit log may hold, in both languages; docs/reference/audit-acts.md is drawn from this table."""

from collections.abc import Mapping
from typing import Final

from lenskeeper.base.languages import Language, Words

ACTS: Final[Mapping[str, Words]] = {
    # the installation
    "installation.made": Words("建立系统", "installation made"),
    "database.backup": Words("备份数据库", "database copied"),
    "database.restore": Words("恢复数据库", "database restored from a copy"),
    "stop_switch_moved": Words("停止或恢复巡检", "looks stopped or resumed"),
    # accounts
    "account.add": Words("新建账号", "account opened"),
    "account.change": Words("修改账号", "account changed"),
    "account.code": Words("发放一次性密码", "one-time code given"),
    "account.factor": Words("绑定第二因素", "second factor set up"),
    "account.factor_reset": Words("重置第二因素", "second factor reset"),
    "account.leave": Words("账号离任", "account ended"),
    "account.lock": Words("锁定账号", "account locked"),
    "account.password": Words("修改密码", "password changed"),
    "account.recovery_codes": Words("更换恢复码", "recovery codes renewed"),
    "account.unlock": Words("解锁账号", "account unlocked"),
    "grant.end": Words("收回授权", "grant ended"),
    "grant.give": Words("授予权限", "grant given"),
    "session.begin": Words("登录", "signed in"),
    "session.end": Words("结束会话", "session ended"),
    "session.recovery_code": Words("使用恢复码", "recovery code used"),
    "token.end": Words("吊销令牌", "token revoked"),
    "token.make": Words("发放令牌", "token made"),
    # the audit log itself
    "audit.case": Words("制作案卷", "case made"),
    "audit.case_read": Words("调取案卷", "case taken out"),
    "audit.erase": Words("到期删除内容", "words erased at the end of their time"),
    "audit.export": Words("导出日志", "log exported"),
    "audit.key": Words("启用签名密钥", "signing key put in use"),
    "audit.read": Words("查阅日志", "log read"),
    "audit.verify": Words("校验日志", "log verified"),
    # the register
    "credential.add": Words("存入设备登录", "login of cameras stored"),
    "credential.change": Words("修改设备登录", "login of cameras changed"),
    "credential.remove": Words("删除设备登录", "login of cameras removed"),
    "credential.rotate": Words("更换密封密钥", "logins sealed by another key"),
    "declaration.add": Words("申报", "declaration entered"),
    "device.install": Words("安装设备", "device installed"),
    "device.remove": Words("拆除设备", "device removed"),
    "division.load": Words("载入行政区划", "divisions loaded"),
    "division.supersede": Words("区划变更", "division superseded"),
    "import.commit": Words("导入名册", "sheet imported"),
    "import.undo": Words("撤销导入", "import taken back"),
    "point.add": Words("新增点位", "camera entered"),
    "point.change": Words("修改点位", "camera corrected"),
    "point.move": Words("点位划转", "camera moved to another unit"),
    "point.release": Words("解除人工修改", "correction released"),
    "point.retire": Words("点位停用", "camera retired"),
    "point.serve": Words("点位投用", "camera put in service"),
    "export.addresses": Words("导出含地址的名册", "list with addresses exported"),
    "export.list": Words("导出列表", "list exported"),
    # units and takeover
    "backlog.agree": Words("约定遗留故障期限", "day agreed for inherited faults"),
    "backlog.close": Words("关闭遗留故障", "inherited faults closed"),
    "unit.accept": Words("接收单位", "unit accepted"),
    "unit.add": Words("新增单位", "unit set up"),
    "unit.move": Words("调整单位隶属", "unit moved"),
    "unit.rename": Words("单位改名", "unit renamed"),
    # pictures
    "kind.trust": Words("采信或停用一类故障", "kind of fault trusted or not"),
    "picture.confirm": Words("确认基准图像", "reference picture confirmed"),
    "picture.excuse": Words("排除一类故障", "kind of fault excused"),
    "picture.view": Words("认可新视角", "new view accepted"),
    "rain.add": Words("录入降雨", "rain entered"),
    "review.judge": Words("复核判定", "case of the tray judged"),
    # repair
    "route.set": Words("修改派单去向", "route set"),
    "storm.begin": Words("开始灾害模式", "storm begun"),
    "storm.end": Words("结束灾害模式", "storm ended"),
    "ticket.answer": Words("答复转派", "handing-over answered"),
    "ticket.assign": Words("派单", "ticket assigned"),
    "ticket.cancel": Words("作废工单", "ticket cancelled"),
    "ticket.hand": Words("申请转派", "handing-over asked"),
    "ticket.pause": Words("工单停表", "ticket's clocks stopped"),
    "ticket.payer": Words("认定费用方", "payer set"),
    "ticket.resume": Words("工单复表", "ticket's clocks resumed"),
    "ticket.view_asked": Words("申请认可新视角", "new view asked for"),
    "day.done": Words("完成作业点", "stop of a day done"),
    "day.drop": Words("取消日计划", "day plan dropped"),
    "day.make": Words("制定日计划", "day planned"),
    "handover.signed": Words("签署交接班", "handover signed"),
    # time that does not count
    "calendar.load": Words("载入放假安排", "holidays loaded"),
    "calendar.set": Words("设置日历", "calendar set"),
    "guarantee.add": Words("设置保障期", "guarantee period entered"),
    "guarantee.revoke": Words("撤销保障期", "guarantee period revoked"),
    "maintenance.approve": Words("批准计划", "plan of work approved"),
    "maintenance.propose": Words("提出计划", "plan of work entered"),
    "maintenance.revoke": Words("撤销计划", "plan of work revoked"),
    # contracts, acceptance, assessment, reports
    "acceptance.answer": Words("填写验收项", "check of acceptance answered"),
    "acceptance.begin": Words("开始验收", "acceptance begun"),
    "acceptance.drop": Words("放弃验收", "acceptance dropped"),
    "acceptance.measure": Words("测量码流", "streams measured"),
    "acceptance.sign": Words("签署验收", "acceptance signed"),
    "assessment.draft": Words("考核初稿", "assessment drafted"),
    "assessment.issue": Words("签发考核", "assessment issued"),
    "contract.amend": Words("变更合同", "contract amended"),
    "contract.correct": Words("更正合同", "contract corrected"),
    "contract.set_up": Words("录入合同", "contract entered"),
    "contract.take_in": Words("点位纳入合同", "cameras taken into a contract"),
    "contract.take_out": Words("点位移出合同", "cameras taken out of a contract"),
    "objection.enter": Words("提出异议", "objection entered"),
    "objection.rule": Words("裁定异议", "objection ruled on"),
    "report.issue": Words("签发报告", "report issued"),
}


def act_words(act: str, language: Language) -> str:
    """An act in words; one of another release by its own name."""
    return ACTS[act].of(language) if act in ACTS else act
