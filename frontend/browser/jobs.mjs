// The five core jobs, each written once and done by a mouse, by keys alone and by a thumb (docs/guide/screens.md).
// LENSKEEPER_URL, _COOKIE, _HAND, _TICKET, _SHEET, _ROWS, _MONTH ("2026-10"), _UNIT (whose report).
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { handOf } from './hands.mjs'
import { ending, shot, startBrowser, stateOf } from './kit.mjs'

const { LENSKEEPER_URL: base, LENSKEEPER_COOKIE: secret, LENSKEEPER_HAND: kind, LENSKEEPER_TICKET: ticket, LENSKEEPER_SHEET: sheet, LENSKEEPER_ROWS: rows, LENSKEEPER_MONTH: month, LENSKEEPER_UNIT: unit } = process.env
const faults = []
const check = (truth, words) => { process.stdout.write(`${truth ? 'yes' : 'NO '} ${words}\n`); if (!truth) faults.push(`${kind}: ${words}`) }
const browser = await startBrowser()
const hand = await handOf(kind, browser, base, { state: stateOf(base, secret) })
const { page } = hand
const told = (path) => page.evaluate(async (to) => (await fetch(to)).json(), path)
const holds = (wanted, words) => wanted.filter({ hasText: words }).first().waitFor({ timeout: 10_000 }).then(() => true, () => false)

const JOBS = {
  async 'a camera is found by its name, and says why it is down and since when'() {
    const { rows: [truth] } = await told('/api/cameras?state=down')
    const camera = truth.name
    await hand.find(camera)
    await page.getByRole('heading', { level: 1, name: camera }).waitFor()
    const now = page.getByRole('region', { name: 'Now' })
    await now.getByText('no answer').first().waitFor()
    const shown = await now.locator('time').first().getAttribute('datetime')
    return (await now.locator('[data-state=down]').count()) > 0 && Date.parse(shown) / 1000 === truth.since_s
  },
  async 'a ticket is begun and closed with what was the matter'() {
    await hand.go('Work')
    await hand.openRow(page.getByRole('grid', { name: 'Tickets' }).getByRole('row').filter({ has: page.getByRole('link', { name: `#${ticket} ` }) }))
    for (const step of ['Accept', 'On site', 'Done']) await hand.open(page.getByRole('main').getByRole('button', { name: step, exact: true }))
    const asked = page.getByRole('dialog')
    await hand.write(asked.getByRole('textbox'), `fuse changed by ${kind}`)
    await hand.open(asked.getByRole('button', { name: 'Done', exact: true }))
    const is_told = await holds(page.locator('ol.story'), `fuse changed by ${kind}`)
    return is_told && (await told(`/api/tickets/${ticket}`)).ticket.stage === 'done'
  },
  async 'the worst unit is found on the overview, and the cameras behind its lost hours'() {
    await hand.go('Overview')
    const worst = page.getByRole('table', { name: /^Worst units/ }).getByRole('link').first()
    const name = await worst.textContent()
    await hand.open(worst)
    await page.getByRole('grid', { name: 'Cameras' }).waitFor()
    await hand.settled()
    const truth = (await told('/api/overview?days=7')).worst.reduce((a, b) => (b.lost_s > a.lost_s ? b : a))
    const { total } = await told(`/api/cameras?unit=${truth.unit_id}`)
    const counted = await page.waitForFunction((many) => document.querySelectorAll('[role=grid] tbody tr[data-at]').length === many, total, { timeout: 10_000 }).then(() => true, () => false)
    const down = await page.locator('[role=grid] tbody [data-state=down]').count()
    return name === truth.unit && counted && down > 0
  },
  async 'a sheet is read in after a dry run'() {
    await hand.go('Cameras')
    await hand.open(page.getByRole('navigation', { name: 'The register' }).getByRole('link', { name: 'Read a sheet in' }))
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), hand.open(page.getByRole('button', { name: 'Choose a CSV or XLSX' }))])
    await chooser.setFiles(sheet)
    await hand.choose(page.getByRole('combobox', { name: 'Coordinates are' }), 'wgs84')
    await hand.toggle(page.getByRole('switch', { name: 'Set up units that are not known' }))
    const before = (await told('/api/cameras?limit=1')).total
    await hand.open(page.getByRole('button', { name: 'Dry run' }))
    await page.getByRole('heading', { name: 'Dry run: nothing was written' }).waitFor()
    const is_dry = (await told('/api/cameras?limit=1')).total === before
    await hand.open(page.getByRole('button', { name: `Write ${rows} good rows` }))
    await page.getByRole('table', { name: 'Sheets that were read in' }).getByRole('row').filter({ hasText: basename(sheet) }).waitFor()
    let total = before
    for (let n = 0; n < 40 && total !== before + Number(rows); n += 1) { // screens follow within two seconds
      await page.waitForTimeout(100)
      total = (await told('/api/cameras?limit=1')).total
    }
    return is_dry && total === before + Number(rows)
  },
  async "last month's report is opened, and its PDF fetched"() {
    await hand.go('Reports')
    const row = page.getByRole('grid', { name: 'Reports' }).getByRole('row').filter({ hasText: `${month}-01 – ${month}` }).filter({ hasText: unit })
    await hand.openRow(row)
    const pdf = page.getByRole('link', { name: 'PDF', exact: true })
    await pdf.waitFor()
    const [file] = await Promise.all([page.waitForEvent('download'), hand.open(pdf)])
    const bytes = await readFile(await file.path())
    return bytes.subarray(0, 4).toString() === '%PDF' && file.suggestedFilename().includes(month)
  },
}

await page.goto(base)
await hand.settled()
for (const [job, run] of Object.entries(JOBS)) {
  const began = Date.now()
  check(await run().catch((error) => { faults.push(`${kind}: ${error.message}`); return false }), `${kind}: ${job} (${Date.now() - began} ms)`)
  await shot(page, `job-${kind}-${Object.keys(JOBS).indexOf(job) + 1}`)
}
faults.push(...hand.faults.map((each) => `${kind}: ${each}`))
await browser.close()
ending(faults)
