// The first minute, by clicks: the one-time code, the administrator, the second factor, a sheet read in, and its cameras on the overview.
// LENSKEEPER_URL, _CODE, _SHEET, _ROWS.
import { basename } from 'node:path'
import { handOf } from './hands.mjs'
import { ending, settled, shot, startBrowser, totp } from './kit.mjs'

const { LENSKEEPER_URL: base, LENSKEEPER_CODE: code, LENSKEEPER_SHEET: sheet, LENSKEEPER_ROWS: rows } = process.env
const PASSWORD = 'river bridge lamp 42'
const WITHIN_MS = 60_000
const faults = []
const check = (truth, words) => { process.stdout.write(`${truth ? 'yes' : 'NO '} ${words}\n`); if (!truth) faults.push(words) }
const browser = await startBrowser()
const hand = await handOf('mouse', browser, base)
const { page } = hand
const heading = (words) => page.getByRole('heading', { level: 1, name: words }).waitFor()
const began = Date.now()

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
const clicked_ms = Date.now() - began
check(shown, `the overview counts the ${rows} cameras of the first sheet`)
check(clicked_ms < WITHIN_MS, `from the address to there in ${hand.actions} actions and ${Math.round(clicked_ms / 1000)} s`)
faults.push(...hand.faults)
await browser.close()
ending(faults)
