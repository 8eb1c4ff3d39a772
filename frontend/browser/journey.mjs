// From the address to last month's PDF, by the worst unit, its cause and its ticket, in at most ten actions; each a click. What is read on
// the way is compared with what the interface for programs says. LENSKEEPER_URL, _COOKIE, _MONTH ("2026-10"), _UNIT (whose report).
import { readFile } from 'node:fs/promises'
import { handOf } from './hands.mjs'
import { ending, shot, startBrowser, stateOf } from './kit.mjs'

const { LENSKEEPER_URL: base, LENSKEEPER_COOKIE: secret, LENSKEEPER_MONTH: month, LENSKEEPER_UNIT: unit } = process.env
const ACTIONS_MAX = 10
const DAYS = 7
const faults = []
const check = (truth, words) => { process.stdout.write(`${truth ? 'yes' : 'NO '} ${words}\n`); if (!truth) faults.push(words) }
const browser = await startBrowser()
const hand = await handOf('mouse', browser, base, { state: stateOf(base, secret) })
const { page } = hand
const told = (path) => page.evaluate(async (to) => (await fetch(to)).json(), path)

/** Where most hours were lost by the runs of every camera: not what the overview has added up. */
async function worstByRuns() {
  const { rows } = await told('/api/cameras?limit=500')
  const lost = new Map()
  for (const each of rows) {
    const { bands } = await told(`/api/cameras/${each.point_id}/past?days=${DAYS}`)
    const down_s = bands.filter((band) => band.lane === 'reachable' && !band.is_up).reduce((all, band) => all + band.to_s - band.from_s, 0)
    lost.set(each.unit, (lost.get(each.unit) ?? 0) + down_s)
  }
  return [...lost].reduce((a, b) => (b[1] > a[1] ? b : a))
}

await page.goto(base)
await hand.settled()
const worst = page.getByRole('table', { name: /^Worst units/ }).getByRole('link').first()
const named = await worst.textContent()
const [truth, lost_s] = await worstByRuns()
check(named === truth && lost_s > 0, `the overview names ${named} first, and by the runs of all cameras it is ${truth} (${Math.round(lost_s / 3600)} h)`)
await hand.open(worst)
const cameras = page.getByRole('grid', { name: 'Cameras' }).locator('tbody tr[data-at]').filter({ has: page.locator('[data-state=down]') })
await hand.open(cameras.first().getByRole('link').first())
const now = page.getByRole('region', { name: 'Now' })
const cause = now.getByRole('link', { name: /^#\d+/ })
await cause.waitFor()
check((await now.innerText()).includes('no answer'), 'one of its cameras says why it is down')
await hand.open(cause)
await page.locator('header .stage').waitFor()
const number = Number(new URL(page.url()).pathname.split('/').at(-1))
const { ticket } = await told(`/api/tickets/${number}`)
const heading = await page.getByRole('heading', { level: 1 }).textContent()
check(heading.includes(ticket.thing) && (await page.getByRole('region', { name: `${ticket.cameras} cameras behind it` }).count()) > 0, `its ticket names the cause: ${heading}, ${ticket.cameras} cameras`)
await shot(page, 'journey-ticket')
await hand.go('Reports')
await hand.open(page.getByRole('grid', { name: 'Reports' }).getByRole('row').filter({ hasText: `${month}-01 – ${month}` }).filter({ hasText: unit }).getByRole('link').first())
const [file] = await Promise.all([page.waitForEvent('download'), hand.open(page.getByRole('link', { name: 'PDF', exact: true }))])
const bytes = await readFile(await file.path())
check(bytes.subarray(0, 4).toString() === '%PDF' && file.suggestedFilename().includes(month), `last month's PDF is here: ${file.suggestedFilename()}, ${bytes.length} bytes`)
check(hand.actions <= ACTIONS_MAX, `in ${hand.actions} actions`)
faults.push(...hand.faults)
await browser.close()
ending(faults)
