// The first minute, by clicks: the one-time code, the administrator, the second factor, an empty installation in which every list says
// what to do next, a sheet read in, and its cameras on the overview. LENSKEEPER_URL, _CODE, _SHEET, _ROWS, _ROUTES (by commas).
import { basename } from 'node:path'
import { handOf } from './hands.mjs'
import { ending, settled, shot, startBrowser, totp } from './kit.mjs'

const { LENSKEEPER_URL: base, LENSKEEPER_CODE: code, LENSKEEPER_SHEET: sheet, LENSKEEPER_ROWS: rows, LENSKEEPER_ROUTES: said } = process.env
const PASSWORD = 'river bridge lamp 42'
const WITHIN_MS = 60_000
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
const check = (truth, words) => { process.stdout.write(`${truth ? 'yes' : 'NO '} ${words}\n`); if (!truth) faults.push(words) }
const browser = await startBrowser()
const hand = await handOf('mouse', browser, base)
const { page } = hand
const heading = (words) => page.getByRole('heading', { level: 1, name: words }).waitFor()
let clicked_ms = Date.now()

await page.goto(base)
await heading('Set up the first administrator')
check((await page.locator('input').evaluateAll((all) => all.every((each) => each.type === 'radio' || each.value === ''))), 'nothing is filled in beforehand, no password above all')
await hand.write(page.getByRole('textbox', { name: 'One-time code' }), code)
await hand.write(page.getByRole('textbox', { name: 'Sign-in name' }), 'ada')
await hand.write(page.getByRole('textbox', { name: 'Name on screens' }), 'Ada')
await hand.write(page.getByRole('textbox', { name: 'New password' }), PASSWORD)
await hand.open(page.getByRole('button', { name: 'Create the administrator' }))
await heading('Add a second factor')
await hand.write(page.getByRole('textbox', { name: 'Your password once more' }), PASSWORD)
await hand.open(page.getByRole('button', { name: 'Go on' }))
await page.waitForSelector('.squares')
await hand.write(page.getByRole('textbox', { name: 'Six digits of the app' }), await totp(await page.locator('code.secret').textContent()))
await hand.open(page.getByRole('button', { name: 'Confirm' }))
await hand.open(page.getByRole('button', { name: 'I have kept them' }))
await heading('Overview')
await settled(page)
check(!(await page.content()).includes(PASSWORD), 'the administrator is made, and the password stands nowhere')
clicked_ms = Date.now() - clicked_ms

// every list of an empty installation, in a window beside this one
const state = await hand.window.context.storageState()
const paths = said.split(',')
/** Walks them in a window of its own; what is mute is a fault. */
async function walk(some) {
  const walker = await handOf('mouse', browser, base, { state })
  for (const path of some) {
    await walker.page.goto(`${base}${path}`)
    await settled(walker.page).catch(() => faults.push(`${path}: no heading came`))
    const empties = await walker.page.locator('main .empty').evaluateAll((all) => all.map((each) => ({ words: each.innerText.trim(), acts: each.querySelectorAll('a[href], button:not([disabled])').length })))
    if (empties.length === 0 && !(path in FULL)) faults.push(`${path}: empty without a word`)
    if (empties.some((each) => each.words.length < 8)) faults.push(`${path}: its sentence is missing`)
    if (empties.some((each) => each.acts === 0) && !(path in WITHOUT_ACT)) faults.push(`${path}: does not say what is next: ${empties.map((each) => each.words)}`)
    await shot(walker.page, `empty-${path.slice(1).replace(/\W+/g, '_')}`)
  }
  faults.push(...walker.faults)
  await walker.window.context.close()
}
await Promise.all([0, 1].map((half) => walk(paths.filter((_, at) => at % 2 === half))))
check(faults.length === 0, `${paths.length} routes of an empty installation were walked`)

const began = Date.now()
await hand.open(page.locator('.empty').getByRole('link', { name: 'Read a sheet in' }))
const [chooser] = await Promise.all([page.waitForEvent('filechooser'), hand.open(page.getByRole('button', { name: 'Choose a CSV or XLSX' }))])
await chooser.setFiles(sheet)
await hand.choose(page.getByRole('combobox', { name: 'Coordinates are' }), 'wgs84')
await hand.toggle(page.getByRole('switch', { name: 'Set up units that are not known' }))
await hand.open(page.getByRole('button', { name: 'Dry run' }))
await hand.open(page.getByRole('button', { name: `Write ${rows} good rows` }))
await page.getByRole('table', { name: 'Sheets that were read in' }).getByRole('row').filter({ hasText: basename(sheet) }).waitFor()
await hand.go('Overview')
const shown = await page.waitForFunction((many) => [...document.querySelectorAll('.states .figure')].reduce((all, each) => all + Number(each.textContent), 0) === many, Number(rows), { timeout: 15_000 }).then(() => true, () => false)
await shot(page, 'first-overview')
clicked_ms += Date.now() - began
check(shown, `the overview counts the ${rows} cameras of the first sheet`)
check(clicked_ms < WITHIN_MS, `from the address to there in ${hand.actions} actions and ${Math.round(clicked_ms / 1000)} s`)
faults.push(...hand.faults)
await browser.close()
ending(faults)
