// The pages of the interface for programs, and the line for a shell of a list and of an operation. LENSKEEPER_URL, _COOKIE, _LIST (a path).
// What is copied is printed, for whoever runs it: `curl list ...`, `curl operation ...`.
import { ending, NARROW, openWindow, settled, shot, startBrowser, stateOf, violations, visit } from './kit.mjs'

const { LENSKEEPER_URL: base, LENSKEEPER_COOKIE: secret, LENSKEEPER_LIST: list } = process.env
const faults = []
const check = (truth, words) => { process.stdout.write(`${truth ? 'yes' : 'NO '} ${words}\n`); if (!truth) faults.push(words) }
const browser = await startBrowser()
const window = await openWindow(browser, base, { state: stateOf(base, secret) })
const { page } = window
await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { document.documentElement.dataset.copied = text } } }))
const copied = () => page.evaluate(() => document.documentElement.dataset.copied)

await visit(window, list)
await page.getByRole('grid').waitFor()
await page.getByRole('button', { name: 'Copy as curl' }).click()
process.stdout.write(`curl list ${await copied()}\n`)

await page.keyboard.press('Control+k')
await page.getByRole('combobox', { name: 'Search' }).fill('interface')
await page.getByRole('option', { name: 'Interface for programs' }).click()
await settled(page)
await page.getByRole('searchbox', { name: 'Find an operation' }).fill('get cameras past')
await page.getByRole('link', { name: '/api/cameras/{point_id}/past' }).click()
const one = page.getByRole('article')
check((await one.getByText('Needs the right: see states').count()) === 1, 'an operation says which right it needs')
check(await one.getByRole('table', { name: 'Parameters' }).getByText('point_id').isVisible(), 'and its parameters')
check(await one.getByText('from_s', { exact: true }).first().isVisible(), 'and what it answers')
check(new URL(page.url()).search.includes('op=cameras_past'), 'and has an address of its own')
await page.reload()
await settled(page)
check(await one.isVisible(), 'by which it is found again')
for (const each of await violations(page)) faults.push(`${each.id} ${each.where[0]}`)
await shot(page, 'api')

await visit(window, '/api?op=cameras_cameras')
await one.getByRole('button', { name: 'Copy as curl' }).click()
process.stdout.write(`curl operation ${await copied()}\n`)
await page.setViewportSize(NARROW)
check(!(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)), 'it fits a phone')
await page.getByRole('link', { name: 'All operations' }).click()
check(await page.getByRole('navigation', { name: 'Operations' }).isVisible(), 'and leads back to the list')
faults.push(...window.faults)
await browser.close()
ending(faults)
