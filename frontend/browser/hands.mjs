// Three hands for the same work: a mouse, keys alone, a thumb at 360 px. Each opens, writes, chooses and goes by its own means only.
import { NARROW, openWindow, settled } from './kit.mjs'

const TARGET_PX = 24
const TABS_MAX = 120
export const HANDS = ['mouse', 'keys', 'thumb']

/** `{ page, open, write, choose, toggle, find, go, actions, faults }`. `actions`: clicks, taps, keys of one stop and fields written so far. */
export async function handOf(kind, browser, base, { state, language = 'en', scheme = 'light' } = {}) {
  const window = await openWindow(browser, base, { state, language, scheme, ...(kind === 'thumb' ? { size: NARROW, touch: true } : {}) })
  const { page, faults } = window
  const hand = { window, page, faults, actions: 0 }

  /** What a thumb presses is seen without scrolling sideways, large enough, and above what lies over the page. */
  const reachable = async (wanted) => {
    await (await wanted.elementHandle()).waitForElementState('stable')
    const box = await wanted.evaluate((node) => {
      const at = (node.closest('.mantine-Input-wrapper') ?? node).getBoundingClientRect()
      return { left: at.left, right: at.right, width: at.width, height: at.height, wide: document.documentElement.scrollWidth > innerWidth + 1 }
    })
    if (box.wide) faults.push(`${page.url()} is wider than a phone`)
    if (box.left < 0 || box.right > NARROW.width + 1) faults.push(`${wanted} lies beyond the edge: ${Math.round(box.left)} to ${Math.round(box.right)} px`)
    if (Math.min(box.width, box.height) < TARGET_PX - 0.5) faults.push(`${wanted} is a target of ${Math.round(box.width)} x ${Math.round(box.height)} px`)
  }
  /** Tab, or Shift+Tab, until it has the focus, which is then seen (WCAG 2.4.7, 2.4.11). */
  const walk = async (wanted, key = 'Tab') => {
    await wanted.waitFor()
    for (let stops = 0; stops < TABS_MAX; stops += 1) {
      const here = await wanted.evaluate((node) => node === document.activeElement)
      if (here) {
        const seen = await page.evaluate(() => {
          const at = document.activeElement.getBoundingClientRect()
          const over = document.elementFromPoint(Math.min(innerWidth - 1, Math.max(0, at.left + at.width / 2)), Math.min(innerHeight - 1, Math.max(0, at.top + at.height / 2)))
          return over !== null && (document.activeElement.contains(over) || over.contains(document.activeElement))
        })
        if (!seen) faults.push(`${wanted} has the focus under something else`)
        return
      }
      await page.keyboard.press(key)
    }
    throw new Error(`not reached by ${key}: ${wanted}`)
  }

  const press = {
    mouse: (wanted) => wanted.click(),
    thumb: async (wanted) => { await reachable(wanted); await wanted.tap() },
    keys: async (wanted, back) => { await walk(wanted, back ? 'Shift+Tab' : 'Tab'); await page.keyboard.press('Enter') },
  }[kind]

  hand.open = async (wanted, { back = false } = {}) => { hand.actions += 1; await press(wanted, back) }
  /** A row of a list: its link, or by keys `j` until it has the focus, and Enter. */
  hand.openRow = async (row) => {
    if (kind !== 'keys') return hand.open(row.getByRole('link').first())
    hand.actions += 1
    await row.waitFor()
    for (let n = 0; n < TABS_MAX && !(await row.evaluate((node) => node === document.activeElement)); n += 1) await page.keyboard.press('j')
    await page.keyboard.press('Enter')
  }
  hand.toggle = async (wanted) => {
    hand.actions += 1
    if (kind === 'keys') { await walk(wanted); await page.keyboard.press('Space') }
    else await press(page.locator(`label[for="${await wanted.getAttribute('id')}"]`).first())
  }
  hand.write = async (wanted, words) => {
    hand.actions += 1
    if (kind === 'keys') await walk(wanted)
    else await press(wanted)
    await page.keyboard.type(words)
  }
  hand.choose = async (wanted, option) => {
    hand.actions += 1
    if (kind !== 'keys') {
      await press(wanted)
      await press(page.getByRole('option', { name: option }))
      return
    }
    await walk(wanted)
    await page.keyboard.press('ArrowDown')
    await page.getByRole('option', { name: option }).waitFor()
    for (let n = 0; n < 20 && !(await page.locator('[role=option][data-combobox-selected]').allTextContents()).includes(option); n += 1) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
  }
  /** Through the one search: the first that is found. */
  hand.find = async (words) => {
    hand.actions += 3
    if (kind === 'keys') await page.keyboard.press('/')
    else await press(page.getByRole('banner').getByRole('button', { name: 'Search' }))
    await page.getByRole('combobox', { name: 'Search' }).waitFor()
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox')
    await page.keyboard.type(words)
    const hit = page.getByRole('option').filter({ hasText: words }).first()
    await hit.waitFor()
    if (kind === 'keys') await page.keyboard.press('Enter')
    else await press(hit)
  }
  /** To an area of the rail, which is a bar and a drawer on a phone. */
  hand.go = async (area) => {
    const link = page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name: area, exact: true })
    if (kind === 'thumb' && (await link.count()) === 0) await hand.open(page.getByRole('button', { name: 'More' }))
    await hand.open(link.first(), { back: true })
  }
  hand.settled = () => settled(page)
  return hand
}
