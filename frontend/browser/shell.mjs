// The frame by keyboard alone: set-up, second factor, search, sheet, languages, themes, sign-out, sign-in. LENSKEEPER_URL, _CODE.
import { ending, NARROW, openWindow, settled, shot, startBrowser, totp, violations, visit } from './kit.mjs'

const base = process.env.LENSKEEPER_URL
const PASSWORD = 'river bridge lamp 42'
const faults = []
const check = (truth, words) => { process.stdout.write(`${truth ? 'yes' : 'NO '} ${words}\n`); if (!truth) faults.push(words) }
const browser = await startBrowser()
const window = await openWindow(browser, base, { language: 'en', scheme: 'light' })
const { page } = window
const press = async (...keys) => { for (const each of keys) await page.keyboard.press(each) }
const type = (words) => page.keyboard.type(words)
const focused = () => page.evaluate(() => { const at = document.activeElement; return at?.getAttribute('aria-label') ?? at?.textContent ?? '' })
const until = (what, words) => page.waitForFunction(what, words, { timeout: 15_000 })
const axe = async (where) => { faults.push(...(await violations(page)).map((each) => `${where}: ${each.id} ${each.where[0]}`)) }
const heading = (words) => until((told) => document.querySelector('h1')?.textContent === told, words)
/** Tab until what has the focus is called so. */
const tabTo = async (words, key = 'Tab') => {
  for (let n = 0; n < 60; n += 1) {
    if ((await focused()).includes(words)) return true
    await press(key)
  }
  return false
}

// the door
await visit(window, '/set-up')
check(await page.title() === 'Set up the first administrator · lenskeeper', 'the door of a new installation asks for the one-time code')
await type(process.env.LENSKEEPER_CODE); await press('Tab'); await type('admin'); await press('Tab'); await type('Ada'); await press('Tab'); await type('short'); await press('Enter')
await page.waitForSelector('[role=alert]')
check(/12/.test(await page.textContent('[role=alert]')), 'a short password is refused with its reason')
await press('Shift+Tab', 'Shift+Tab') // from the button over the eye to the field
await page.getByRole('textbox', { name: 'New password' }).focus()
await press('Control+a'); await type(PASSWORD); await press('Enter')
await heading('Add a second factor')
await type(PASSWORD); await press('Enter')
await page.waitForSelector('.squares')
const secret = await page.locator('code.secret').textContent()
await type(await totp(secret)); await press('Enter')
await page.waitForSelector('.codes')
const codes = await page.locator('.codes code').allTextContents()
check(codes.length === 10 && new Set(codes).size === 10, 'ten recovery codes are shown')
await press('Enter')
await page.waitForSelector('header.head')
await settled(page)
check(!new URL(page.url()).pathname.startsWith('/set-up'), 'the door closes behind whoever has entered')

// the frame
await page.goto(`${base}/account`); await settled(page)
await press('Tab')
check((await focused()) === 'Skip to the page', 'the first stop of Tab is the way past the rail')
await press('Enter')
check(await page.evaluate(() => document.activeElement?.id === 'main'), 'and it leads into the page')
await press('?')
await page.waitForSelector('[role=dialog]')
check((await page.textContent('[role=dialog]')).includes('Search and commands'), '? shows the sheet of keys')
await axe('the sheet of keys')
await press('Escape')
await page.waitForSelector('[role=dialog]', { state: 'detached' })
await press('Control+k')
await until(() => document.activeElement?.getAttribute('role') === 'combobox')
await type('accou'); await until(() => document.querySelector('[role=option]')?.textContent?.includes('ccount'))
await axe('the search'); await press('Enter')
await heading('My account')
check(true, 'Ctrl-K leads to a page by its name')
await press('/')
await page.waitForSelector('[role=combobox]')
check(true, '/ opens the search')
await press('Escape')
await page.waitForSelector('[role=combobox]', { state: 'detached' })

// languages without reload
await page.evaluate(() => { window.stood = true })
check(await tabTo('account, language and theme', 'Shift+Tab'), 'the menu of oneself is reached by Tab')
await press('Enter'); await page.waitForSelector('[role=menu]')
await axe('the menu of oneself')
await page.getByRole('menuitemradio', { name: '简体中文' }).focus(); await press('Enter')
await heading('我的账号')
check(await page.evaluate(() => window.stood === true && document.documentElement.lang === 'zh-CN'), 'the language changes without a reload')

// themes, and no flash of the wrong one
await tabTo('账号、语言与主题', 'Shift+Tab'); await press('Enter'); await page.waitForSelector('[role=menu]')
await page.getByRole('menuitemradio', { name: '深色' }).focus(); await press('Enter')
await until(() => document.documentElement.getAttribute('data-mantine-color-scheme') === 'dark')
await page.route('**/assets/*.js', (route) => route.abort())
await page.goto(`${base}/account`, { waitUntil: 'domcontentloaded' })
check(await page.evaluate(() => document.documentElement.getAttribute('data-mantine-color-scheme') === 'dark' && document.documentElement.lang === 'zh-CN'), 'theme and language stand before the first script of the page')
await page.unroute('**/assets/*.js')
await page.goto(`${base}/account`); await settled(page)
window.faults.splice(0, window.faults.length, ...window.faults.filter((each) => !each.includes('ERR_FAILED')))

// single letters can be switched off
await page.getByRole('switch').first().focus(); await press('Space')
await page.evaluate(() => document.activeElement.blur()); await press('?'); await page.waitForTimeout(300)
check(await page.locator('[role=dialog]').count() === 0, 'with single letters off, ? does nothing')
await press('Control+k'); await page.waitForSelector('[role=combobox]'); await press('Escape')
await page.waitForSelector('[role=combobox]', { state: 'detached' })

// out and in again
await tabTo('账号、语言与主题', 'Shift+Tab'); await press('Enter'); await page.waitForSelector('[role=menu]')
await page.getByRole('menuitem', { name: '退出登录' }).focus(); await press('Enter')
await page.waitForSelector('[role=dialog] form'); await page.locator('[role=dialog] button[type=submit]').focus(); await press('Enter')
await page.waitForSelector('input[autocomplete=username]')
await page.waitForFunction(() => document.activeElement?.getAttribute('autocomplete') === 'username')
check(true, 'signed out, the door asks for name and password')
await type('admin'); await press('Tab'); await type(PASSWORD); await press('Enter')
await page.waitForSelector('input[autocomplete=one-time-code]')
await page.waitForFunction(() => document.activeElement?.getAttribute('autocomplete') === 'one-time-code')
await type(codes[0]); await press('Enter')
await page.waitForSelector('header.head')
check(true, 'signed in by keyboard, with a recovery code for the second factor')

// 360 px
await page.setViewportSize(NARROW); await page.goto(`${base}/account`); await settled(page)
check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'at 360 px nothing stands beyond the edge')
await shot(page, 'account-360')
faults.push(...(await violations(page)).map((each) => `axe: ${each.id} ${each.where[0]}`))
const small = await page.evaluate(() => [...document.querySelectorAll('.bar .area, header button, header a')].filter((each) => { const box = each.getBoundingClientRect(); return box.width > 0 && (box.width < 24 || box.height < 24) }).map((each) => each.textContent))
check(small.length === 0, `every target of the frame is 24 px or more ${small}`)
faults.push(...window.faults)
await browser.close()
ending(faults)
