// A list leaves as a file: asked for, the tab closed, fetched from another. LENSKEEPER_URL, _COOKIE, _LIST (a path).
import { ending, NARROW, openWindow, settled, shot, startBrowser, stateOf, violations, visit } from './kit.mjs'

const { LENSKEEPER_URL: base, LENSKEEPER_COOKIE: secret, LENSKEEPER_LIST: list } = process.env
const faults = []
const check = (truth, words) => { process.stdout.write(`${truth ? 'yes' : 'NO '} ${words}\n`); if (!truth) faults.push(words) }
const browser = await startBrowser()
const state = stateOf(base, secret)
const asking = await openWindow(browser, base, { state })
await visit(asking, list)
await asking.page.getByRole('button', { name: 'Export' }).click()
await asking.page.getByRole('menuitem', { name: 'Table (CSV)' }).click()
await asking.page.getByText('It is being written.').waitFor()
check(true, 'it is asked for')
await asking.context.close()

const { context, page, faults: wrong } = await openWindow(browser, base, { state, size: NARROW })
await page.goto(`${base}/account/exports`)
await settled(page)
const one = page.getByRole('article', { name: 'Cameras · CSV' })
await one.getByText('ready').waitFor()
check(await one.getByText('2 rows', { exact: true }).isVisible(), 'another tab tells that it is ready, and of how many rows')
check(!(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)), 'it fits a phone')
for (const each of await violations(page)) faults.push(`${each.id} ${each.where[0]}`)
await shot(page, 'exports')
const [file] = await Promise.all([page.waitForEvent('download'), one.getByRole('link', { name: 'Fetch the file' }).click()])
check(file.suggestedFilename() === 'cameras.csv', 'and hands out the file')
process.stdout.write((await (await file.createReadStream()).toArray()).map(String).join('').split('\r\n').slice(1, -1).map((line) => `row ${line}\n`).join(''))
await one.getByRole('button', { name: 'Delete' }).click()
await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
await page.getByText('Nothing was exported in the last day.').waitFor()
check(true, 'until it is deleted')
faults.push(...wrong)
await context.close()
await browser.close()
ending(faults)
