// A sheet is read in by keyboard alone and taken back, and a unit is taken over with a thumb's width. LENSKEEPER_URL, _COOKIE, _SHEET (a file), _FAULTY.
import { ending, NARROW, openWindow, settled, shot, startBrowser, stateOf, violations, visit } from './kit.mjs'

const { LENSKEEPER_URL: base, LENSKEEPER_COOKIE: secret, LENSKEEPER_SHEET: sheet, LENSKEEPER_FAULTY: faulty } = process.env
const faults = []
const check = (truth, words) => { process.stdout.write(`${truth ? 'yes' : 'NO '} ${words}\n`); if (!truth) faults.push(words) }
const axe = async (page, where) => { faults.push(...(await violations(page)).map((each) => `${where}: ${each.id} ${each.where[0]}`)) }
const browser = await startBrowser()
const window = await openWindow(browser, base, { state: stateOf(base, secret) })
const { page } = window
/** Tab until something holds the focus: everything is reached by keyboard. */
const walkTo = async (wanted) => {
  for (let steps = 0; steps < 60; steps += 1) {
    if (await wanted.evaluate((node) => node === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  faults.push(`not reached by Tab: ${wanted}`)
}

await visit(window, '/cameras')
await page.getByRole('link', { name: 'Read a sheet in' }).first().click()
await settled(page)
const [chooser] = await Promise.all([
  page.waitForEvent('filechooser'),
  (async () => { await walkTo(page.getByRole('button', { name: 'Choose a CSV or XLSX' })); await page.keyboard.press('Enter') })(),
])
await chooser.setFiles(sheet)
await walkTo(page.getByRole('combobox', { name: 'Coordinates are' }))
await page.keyboard.press('ArrowDown')
await page.getByRole('option', { name: 'wgs84' }).waitFor()
await page.keyboard.press('Enter')
await walkTo(page.getByRole('switch', { name: 'Set up units that are not known' }))
await page.keyboard.press('Space')
await walkTo(page.getByRole('button', { name: 'Dry run' }))
await page.keyboard.press('Enter')
await page.getByRole('heading', { name: 'Dry run: nothing was written' }).waitFor()
const figure = async (name) => page.locator('dl.figures > div', { hasText: name }).locator('dd').first().textContent()
check(await figure('faulty') === faulty, `the dry run tells of ${faulty} faulty rows`)
check(await page.locator('section[aria-label^="Dry run"] tbody tr').count() >= Number(faulty), 'and of each a line with its row, column, value, reason and cure')
await axe(page, 'the dry run')
await shot(page, 'register-dry-run')
await walkTo(page.getByRole('button', { name: /^Write \d+ good rows/ }))
await page.keyboard.press('Enter')
const taken = page.getByRole('button', { name: 'Take back' })
await taken.waitFor()
check(true, 'the good rows are written, by keyboard alone')
await walkTo(taken)
await page.keyboard.press('Enter')
await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).press('Enter')
await page.getByText('taken back', { exact: true }).waitFor()
check(true, 'and the sheet is taken back')

await visit(window, '/cameras')
await page.getByRole('checkbox', { name: 'Pick all rows shown' }).check()
await page.getByRole('button', { name: 'Change…' }).click()
const edit = page.getByRole('dialog')
await edit.getByRole('combobox', { name: 'Values to change' }).fill('Site')
await page.getByRole('option', { name: 'Site', exact: true }).click()
await page.keyboard.press('Escape')
await edit.getByRole('textbox', { name: 'Site', exact: true }).fill('North bank')
await edit.getByRole('button', { name: 'Preview' }).click()
await edit.getByRole('textbox', { name: 'Why' }).fill('Letter 12')
await axe(page, 'the preview of an edit')
await shot(page, 'register-edit')
await edit.getByRole('button', { name: /^Change \d+ camera/ }).click()
await edit.waitFor({ state: 'hidden' })
await visit(window, '/cameras/edits')
await page.getByRole('cell', { name: 'Letter 12' }).waitFor()
await page.getByRole('button', { name: 'Take back' }).click()
await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click()
await page.getByText('taken back', { exact: true }).waitFor()
await shot(page, 'register-edits')
check(true, 'cameras that are picked are changed at once, and that is taken back')

await page.setViewportSize(NARROW)
for (const path of ['/cameras/import', '/cameras/edits', '/cameras/takeover']) {
  await visit(window, path)
  check(!(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)), `${path} fits a phone`)
}
const accept = await page.getByRole('button', { name: 'Accept' }).first().boundingBox()
check(accept.x >= 0 && accept.x + accept.width <= NARROW.width, 'what is done with a unit is reached without scrolling its table sideways')
await page.getByRole('button', { name: 'Accept' }).first().click()
const asked = page.getByRole('dialog')
await asked.getByLabel('From', { exact: false }).first().fill('2026-12-01')
await asked.getByLabel('Document').fill('No. 12')
await axe(page, 'accepting a unit at 360 px')
await shot(page, 'register-accept')
await asked.getByRole('button', { name: 'Accept' }).click()
await page.getByText('is accepted', { exact: false }).first().waitFor()
check(true, 'a unit is taken over at 360 px')
faults.push(...window.faults)
await browser.close()
ending(faults)
