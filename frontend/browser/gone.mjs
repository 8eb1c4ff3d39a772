// The server goes away for some seconds, and what happened meanwhile is on screen afterwards, without a reload.
// LENSKEEPER_URL, _COOKIE, _TICKET, _STAGE (the stage it has afterwards). Speaks with the test by lines: says READY, hears "gone", says
// GONE, hears "back", and ends.
import { createInterface } from 'node:readline'
import { ending, openWindow, shot, startBrowser, stateOf, visit } from './kit.mjs'

const { LENSKEEPER_URL: base, LENSKEEPER_COOKIE: secret, LENSKEEPER_TICKET: ticket, LENSKEEPER_STAGE: stage } = process.env
const heard = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (word) => process.stdout.write(`${word}\n`)
const faults = []
const browser = await startBrowser()
const window = await openWindow(browser, base, { language: 'en', state: stateOf(base, secret) })
const { page } = window
const live = (state) => page.waitForSelector(`.live[data-live=${state}]`, { timeout: 40_000 })
await visit(window, '/work/tickets')
await live('live')
const row = page.locator('tbody tr', { hasText: `#${ticket} ` })
await row.waitFor()
if ((await row.locator(`[data-stage=${stage}]:visible`).count()) > 0) faults.push(`ticket ${ticket} is ${stage} already`)
await page.evaluate(() => { globalThis.stood = true })
say('READY')
await heard.next()
await live('late')
if (!/ago/.test(await page.textContent('.live'))) faults.push('the mark does not say how long ago it was last heard')
await shot(page, 'gone')
say('GONE')
await heard.next()
await live('live')
await row.locator(`[data-stage=${stage}]:visible`).waitFor({ timeout: 20_000 }).catch(() => faults.push(`what happened to ticket ${ticket} meanwhile was missed`))
if (!(await page.evaluate(() => globalThis.stood === true))) faults.push('the page was loaded anew')
await shot(page, 'back')
faults.push(...window.faults)
await browser.close()
ending(faults)
