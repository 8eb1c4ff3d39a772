// What stands around every page: rail, head, banner, and the place where pages come in.
import { ActionIcon, Button, Drawer, Menu, Modal, Tooltip } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { Component, Suspense, useEffect, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'
import { api } from './api'
import { AREAS, type Area } from './areas'
import { Confirm, Empty, PageHead, ProblemNote, Waiting } from './page'
import { keep } from './kept'
import { useKeys } from './keys'
import { KeySheet } from './key-sheet'
import { LANGUAGES, LANGUAGE_NAMES, speak, type Language } from './i18n'
import { LiveMark, useBeat } from './live'
import { useNow } from './marks'
import { useMe } from './me'
import { openPalette, Palette } from './palette'
import { Sign } from './signs'
import { useKept } from './use-kept'
import { length } from './format'

const ELSEWHERE = new Set(['account', 'api']) // reached from the menu of the person, from "about" and by the palette
const BESIDE = 4 // of the areas stand in the bar of a phone, the others behind "more"

export function Frame() {
  const { t } = useTranslation('shell')
  const me = useMe()
  const [path] = useLocation()
  const narrow = useMediaQuery('(max-width: 47.99em)') ?? false
  const main = useRef<HTMLElement>(null)
  const [sheet, setSheet] = useState(false)
  const areas = AREAS.filter((each) => each.verbs.some((verb) => me.may(verb)))
  const home = areas[0]?.name ?? 'account'
  useKeys([
    { key: 'mod+k', says: 'shell:keys.palette', run: openPalette, always: true },
    { key: '/', says: 'shell:keys.search', run: openPalette },
    { key: '?', says: 'shell:keys.sheet', run: () => setSheet(true) },
  ])
  useBeat(me.may('see'))
  const area = path.split('/')[1] ?? ''
  const before = useRef(area)
  useEffect(() => {
    if (before.current !== area) main.current?.focus({ preventScroll: true })
    before.current = area
  }, [area])
  return (
    <div className="frame" data-narrow={narrow || undefined}>
      <a className="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus() }}>{t('skip')}</a>
      {me.exercise && <div className="banner" role="note"><Sign name="about" /> {t('exercise')}</div>}
      <Head onSheet={() => setSheet(true)} narrow={narrow} />
      <div className="frame-body">
        {narrow ? <Bar areas={areas} area={area} /> : <Rail areas={areas} area={area} />}
        <main id="main" ref={main} tabIndex={-1}>
          <Expiry />
          <Broken key={area}>
            <Suspense fallback={<Waiting lines={8} />}>
              <Switch>
                <Route path="/"><Redirect to={`/${home}`} replace /></Route>
                <Route path="/set-up"><Redirect to={`/${home}`} replace /></Route>
                {areas.map((each) => <Route key={each.name} path={`/${each.name}/*?`}><each.Page /></Route>)}
                <Route><Lost /></Route>
              </Switch>
            </Suspense>
          </Broken>
        </main>
      </div>
      <Palette areas={areas} />
      <KeySheet opened={sheet} onClose={() => setSheet(false)} />
    </div>
  )
}

function Head({ onSheet, narrow }: { onSheet: () => void; narrow: boolean }) {
  const { t, i18n } = useTranslation('shell')
  const me = useMe()
  const queries = useQueryClient()
  const { scheme = 'system', contrast } = useKept()
  const [leaving, setLeaving] = useState(false)
  const scope = me.sees_all ? me.organisation : me.units.length === 1 ? me.units[0]?.name : t('scope.units', { count: me.units.length + me.lots.length })
  const out = async () => {
    await api.POST('/api/sign-out')
    queries.clear()
    location.assign('/')
  }
  return (
    <header className="head">
      <Link href="/" className="brand" aria-label={t('product')}><img src="/icon.svg" alt="" width="24" height="24" /><span>{t('product')}</span></Link>
      <span className="scope" title={t('scope.what')}>{scope}</span>
      <span className="grow" />
      <Button className="find" variant="default" size="sm" leftSection={<Sign name="search" />} onClick={openPalette} aria-label={t('search')} aria-keyshortcuts="Control+K">
        <span className="find-words">{t('search')}</span>
        {!narrow && <kbd>{'Ctrl K'}</kbd>}
      </Button>
      {me.may('see') && <LiveMark />}
      {!narrow && (
        <Tooltip label={t('keys.sheet')}>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('keys.sheet')} onClick={onSheet}><Sign name="keys" /></ActionIcon>
        </Tooltip>
      )}
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <Button variant="subtle" color="gray" size="sm" aria-label={t('mine', { name: me.name })} leftSection={<Sign name="person" />}>{!narrow && me.name}</Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t('language')}</Menu.Label>
          <Menu.RadioGroup value={i18n.language} onChange={(each) => { void speak(each as Language); void api.PATCH('/api/me', { body: { language: each as Language } }).catch(() => {}) }}>
            {LANGUAGES.map((each) => <Menu.RadioItem key={each} value={each} lang={each}>{LANGUAGE_NAMES[each]}</Menu.RadioItem>)}
          </Menu.RadioGroup>
          <Menu.Label>{t('theme.title')}</Menu.Label>
          <Menu.RadioGroup value={scheme} onChange={(each) => keep({ scheme: each as 'light' | 'dark' | 'system' })}>
            {(['system', 'light', 'dark'] as const).map((each) => <Menu.RadioItem key={each} value={each}>{t(`theme.${each}`)}</Menu.RadioItem>)}
          </Menu.RadioGroup>
          <Menu.CheckboxItem checked={contrast === 'more'} onChange={(on) => keep({ contrast: on ? 'more' : 'normal' })}>{t('theme.contrast')}</Menu.CheckboxItem>
          <Menu.Divider />
          <Menu.Item component={Link} href="/account" leftSection={<Sign name="person" />}>{t('area.account')}</Menu.Item>
          {me.may('export') && <Menu.Item component={Link} href="/account/exports" leftSection={<Sign name="down_file" />}>{t('exports.title')}</Menu.Item>}
          <Menu.Item onClick={onSheet} leftSection={<Sign name="keys" />}>{t('keys.sheet')}</Menu.Item>
          <Menu.Item onClick={() => setLeaving(true)} leftSection={<Sign name="out" />}>{t('sign_out')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Confirm opened={leaving} title={t('sign_out')} act={t('sign_out')} onAct={out} onClose={() => setLeaving(false)}>{t('sign_out_note')}</Confirm>
    </header>
  )
}

function AreaLink({ each, area, onGo }: { each: Area; area: string; onGo?: () => void }) {
  const { t } = useTranslation('shell')
  return (
    <Link href={`/${each.name}`} className="area" aria-current={area === each.name ? 'page' : undefined} onClick={onGo} onPointerEnter={() => void each.warm()} onFocus={() => void each.warm()}>
      <Sign name={each.sign} size={18} />
      <span className="area-word">{t(`area.${each.name}`)}</span>
    </Link>
  )
}

function Rail({ areas, area }: { areas: Area[]; area: string }) {
  const { t } = useTranslation('shell')
  const { nav = 'wide' } = useKept()
  return (
    <nav className="rail" aria-label={t('areas')} data-thin={nav === 'thin' || undefined}>
      {areas.filter((each) => !ELSEWHERE.has(each.name)).map((each) => <AreaLink key={each.name} each={each} area={area} />)}
      <span className="grow" />
      <button type="button" className="area" onClick={() => keep({ nav: nav === 'thin' ? 'wide' : 'thin' })} aria-expanded={nav === 'wide'}>
        <Sign name={nav === 'thin' ? 'right' : 'left'} size={18} />
        <span className="area-word">{t('rail.thin')}</span>
      </button>
    </nav>
  )
}

function Bar({ areas, area }: { areas: Area[]; area: string }) {
  const { t } = useTranslation('shell')
  const [more, setMore] = useState(false)
  return (
    <>
      <nav className="bar" aria-label={t('areas')}>
        {areas.slice(0, BESIDE).map((each) => <AreaLink key={each.name} each={each} area={area} />)}
        <button type="button" className="area" onClick={() => setMore(true)} aria-haspopup="dialog"><Sign name="menu" size={18} /><span className="area-word">{t('more')}</span></button>
      </nav>
      <Drawer opened={more} onClose={() => setMore(false)} position="bottom" size="auto" title={t('areas')}>
        <nav className="drawer-nav" aria-label={t('areas')}>{areas.map((each) => <AreaLink key={each.name} each={each} area={area} onGo={() => setMore(false)} />)}</nav>
      </Drawer>
    </>
  )
}

const WARN_S = 300

/** Says some minutes before that the session ends by itself, and lets it go on. */
function Expiry() {
  const { t } = useTranslation('shell')
  const me = useMe()
  const queries = useQueryClient()
  const now = useNow(5)
  const heard = useRef({ at: now, idle_s: me.idle_s })
  const last = useRef(now)
  useEffect(() => {
    heard.current = { at: Math.floor(Date.now() / 1000), idle_s: me.idle_s }
  }, [me.now_s, me.idle_s])
  useEffect(() => {
    // whoever works keeps the session: it is used at most once in four minutes
    const used = () => {
      const at = Math.floor(Date.now() / 1000)
      if (at - last.current < 240) return
      last.current = at
      void queries.invalidateQueries({ queryKey: ['me'] })
    }
    addEventListener('keydown', used)
    addEventListener('pointerdown', used)
    return () => {
      removeEventListener('keydown', used)
      removeEventListener('pointerdown', used)
    }
  }, [queries])
  const left_s = heard.current.at + heard.current.idle_s - now
  return (
    <Modal opened={left_s < WARN_S} onClose={() => void queries.invalidateQueries({ queryKey: ['me'] })} title={t('expiry.title')}>
      <p>{t('expiry.note', { length: length(Math.max(0, left_s)) })}</p>
      <Button onClick={() => void queries.invalidateQueries({ queryKey: ['me'] })}>{t('expiry.stay')}</Button>
    </Modal>
  )
}

function Lost() {
  const { t } = useTranslation('shell')
  return <><span data-lost hidden /><PageHead title={t('lost.title')} /><Empty title={t('lost.note')} act={<Button component={Link} href="/">{t('lost.home')}</Button>} /></>
}

/** A page that fell down says so, and the rest of the window stands. */
class Broken extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null }
  static getDerivedStateFromError(error: unknown) {
    return { error }
  }
  override render() {
    if (this.state.error === null) return this.props.children
    return <ProblemNote error={this.state.error} retry={() => this.setState({ error: null })} />
  }
}
