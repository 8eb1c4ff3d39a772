// Every route of an empty installation says what it is and what is next, or stands here with the reason why it does not; pictures kept.
// LENSKEEPER_URL, _COOKIE (of somebody who may do everything), _ROUTES (by commas).
import { ending, openWindow, settled, shot, startBrowser, stateOf } from './kit.mjs'

const { LENSKEEPER_URL: base, LENSKEEPER_COOKIE: secret, LENSKEEPER_ROUTES: said } = process.env
const WITHOUT_ACT = {
  '/account': 'a token is made by the form above it',
  '/audit/checkpoints': 'a running installation signs every minute by itself',
  '/cameras/import': 'the sheet is chosen above it',
  '/settings/switch': 'that nothing is stopped is as it should be, and the switch is above it',
  '/settings/lines': 'lines come with the cameras of a sheet',
  '/settings/messages': 'who is told is a file of settings',
}
const FULL = {
  '/about': 'no list', '/api': 'the routes of the server stand in it', '/audit': 'what was done so far stands in it', '/people': 'the administrator stands in it', '/people/grants': 'the administrator stands in it',
  '/people/rights': 'drawn from the code', '/settings': 'the organisation stands in it', '/settings/units': 'the organisation stands in it', '/settings/limits': 'no list', '/work/shift': 'a shift of no ticket is handed over all the same',
}
const faults = []
const browser = await startBrowser()
const state = stateOf(base, secret)
const paths = said.split(',')
/** Walks them in a window of its own; what is mute is a fault. */
async function walk(some) {
  const window = await openWindow(browser, base, { state })
  const { page } = window
  for (const path of some) {
    await page.goto(`${base}${path}`)
    await settled(page).catch(() => faults.push(`${path}: no heading came`))
    if ((await page.locator('[data-lost]').count()) > 0) faults.push(`${path}: leads nowhere`)
    const empties = await page.locator('main .empty').evaluateAll((all) => all.map((each) => ({ words: each.innerText.trim(), acts: each.querySelectorAll('a[href], button:not([disabled])').length })))
    if (empties.length === 0 && !(path in FULL)) faults.push(`${path}: empty without a word`)
    if (empties.some((each) => each.words.length < 8)) faults.push(`${path}: its sentence is missing`)
    if (empties.some((each) => each.acts === 0) && !(path in WITHOUT_ACT)) faults.push(`${path}: does not say what is next: ${empties.map((each) => each.words)}`)
    await shot(page, `empty-${path.slice(1).replace(/\W+/g, '_')}`)
  }
  faults.push(...window.faults)
  await window.context.close()
}
await Promise.all([0, 1].map((half) => walk(paths.filter((_, at) => at % 2 === half))))
await browser.close()
process.stdout.write(`${paths.length} routes\n`)
ending(faults)
