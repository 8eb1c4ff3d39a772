// A ticket from open to done: by mouse, by keyboard alone, with one thumb at 360 px; who was quicker is told. LENSKEEPER_URL, _FIRST, _SECOND.
import { ending, NARROW, openWindow, settled, shot, startBrowser, stateOf, violations, visit } from './kit.mjs'

const base = process.env.LENSKEEPER_URL
const faults = []
const check = (truth, words) => { process.stdout.write(`${truth ? 'yes' : 'NO '} ${words}\n`); if (!truth) faults.push(words) }
const browser = await startBrowser()
const state = stateOf(base, process.env.LENSKEEPER_FIRST)
const SHOWN_MS = 150
const stage = (page, word) => page.waitForFunction((told) => document.querySelector('header .stage')?.textContent?.startsWith(told), word, { timeout: 10_000 })
const inStory = (page, words) => page.waitForFunction((told) => [...document.querySelectorAll('ol.story')].some((each) => each.textContent.includes(told)), words, { timeout: 10_000 }).then(() => true, () => false)
const row = (page) => page.waitForSelector('tr[data-at="0"]')
const axe = async (page, where) => { faults.push(...(await violations(page)).map((each) => `${where}: ${each.id} ${each.where[0]}`)) }

// by mouse
const mouse = await openWindow(browser, base, { state })
{
  const { page } = mouse
  await visit(mouse, '/work')
  check(new URL(page.url()).pathname === '/work/tickets', 'work opens with the tickets')
  check(await page.locator('tbody tr[data-at]').count() === 6, '48 cameras behind one switch are one row among six')
  check((await page.locator('tbody tr', { hasText: 'switch SW-7' }).textContent()).includes('48'), 'and the row says how many cameras are behind it')
  await axe(page, 'the list of tickets')
  await page.getByRole('link', { name: 'crossing 48', exact: false }).click()
  await stage(page, 'assigned')
  await axe(page, 'one ticket')
  // the server takes a second: the word changes at once all the same
  await page.route('**/steps', async (route) => { await new Promise((go) => setTimeout(go, 1000)); await route.continue() })
  const took = await page.evaluate(async () => {
    const button = [...document.querySelectorAll('button')].find((each) => each.textContent === 'Accept')
    const began = performance.now()
    button.click()
    while (!document.querySelector('header .stage')?.textContent?.startsWith('accepted')) {
      if (performance.now() - began > 5000) return 5000
      await new Promise((go) => requestAnimationFrame(go))
    }
    return performance.now() - began
  })
  check(took <= SHOWN_MS, `an accepted ticket shows as such after ${Math.round(took)} ms while the server takes 1000`)
  await page.waitForSelector('button:has-text("On site")')
  await page.unroute('**/steps')
  await page.getByRole('button', { name: 'On site', exact: true }).click()
  await stage(page, 'on site')
  await page.getByRole('button', { name: 'Done', exact: true }).click()
  await page.getByRole('dialog').getByRole('textbox').fill('power supply changed, the guard is 13812345678')
  await page.getByRole('dialog').getByRole('button', { name: 'Done', exact: true }).click()
  await page.waitForSelector('[role=dialog] [role=alert]')
  check((await page.textContent('[role=dialog] [role=alert]')).includes('telephone'), 'a remark with a telephone number is asked about before it is kept')
  await axe(page, 'the question about a remark')
  await page.getByRole('dialog').getByRole('textbox').fill('power supply changed')
  await page.getByRole('dialog').getByRole('button', { name: 'Done', exact: true }).click()
  await stage(page, 'done')
  check(await inStory(page, 'power supply changed'), 'by mouse: open to done, and the remark stands in its history')
  await page.getByRole('button', { name: 'QR code of this page' }).click()
  await page.waitForSelector('svg.square')
  check(true, 'the ticket has a QR code for a telephone')
  await shot(page, 'work-ticket-done')
}

// two persons, one ticket
{
  const late = await openWindow(browser, base, { state })
  await late.page.route('**/api/live**', (route) => route.abort()) // it does not hear of the other's step
  await visit(late, '/work/tickets?text=crossing 49')
  await late.page.getByRole('link', { name: 'crossing 49', exact: false }).click()
  await stage(late.page, 'assigned')
  const quick = await openWindow(browser, base, { state: stateOf(base, process.env.LENSKEEPER_SECOND) })
  await visit(quick, new URL(late.page.url()).pathname)
  await quick.page.getByRole('button', { name: 'Accept', exact: true }).click()
  await stage(quick.page, 'accepted')
  await quick.page.waitForSelector('button:has-text("Leave"), button:has-text("On site")')
  await late.page.getByRole('button', { name: 'Accept', exact: true }).click()
  await late.page.waitForSelector('.overtaken')
  const told = await late.page.textContent('.overtaken')
  check(told.includes('Another person was quicker') && told.includes('accepted') && told.includes('bob'), 'who comes second is told who was quicker, and what it is now')
  check(!(await late.page.locator('button', { hasText: 'Accept' }).count()), 'and is not offered the step any more')
  await late.context.close()
  await quick.context.close()
}

// by keyboard alone
const keyed = await openWindow(browser, base, { state })
{
  const { page } = keyed
  const press = async (...keys) => { for (const each of keys) await page.keyboard.press(each) }
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '')
  const tabTo = async (words) => {
    for (let n = 0; n < 40; n += 1) {
      if ((await focused()) === words) return true
      await press('Tab')
    }
    return false
  }
  await visit(keyed, '/work/tickets?desk=us&text=crossing 50')
  await row(page)
  await press('j')
  check(await page.evaluate(() => document.activeElement?.tagName === 'TR'), 'j stands upon the first row')
  await press('Enter')
  await stage(page, 'assigned')
  await press('a'); await stage(page, 'accepted'); await page.waitForSelector('button:has-text("On site")')
  await press('o'); await stage(page, 'on site'); await page.waitForSelector('button:has-text("Leave")')
  await press('d')
  await page.waitForSelector('[role=dialog] textarea')
  await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA')
  await page.keyboard.type('plugged in again')
  await press('Control+Enter')
  await stage(page, 'done')
  check(await inStory(page, 'plugged in again'), 'by keyboard alone: j, Enter, a, o, d, a remark')
  // what was held is sent out: j, x, e
  await visit(keyed, '/work/tickets?held=1')
  await row(page)
  await press('j', 'x')
  check((await page.textContent('.table-picked')).includes('1 picked'), 'x picks the row')
  await press('e')
  await page.waitForSelector('[role=dialog]')
  await axe(page, 'assigning many')
  check(await tabTo('Assign'), 'e asks to which desk, and Tab reaches the act')
  await press('Enter')
  await page.waitForSelector('[role=dialog]', { state: 'detached' })
  await page.waitForSelector('.empty')
  check(true, 'what was held is assigned, and the held list is empty with a way on')
  // the tray: j, x, y
  await visit(keyed, '/work/review')
  await row(page)
  await press('j', 'x', 'y')
  await page.waitForSelector('.empty')
  check(await page.waitForFunction(() => document.querySelector('.toasts')?.textContent.includes('1 case judged'), null, { timeout: 10_000 }).then(() => true, () => false), 'a case of the tray is judged by j, x, y')
}

// with one thumb
const thumb = await openWindow(browser, base, { state, size: NARROW, touch: true })
{
  const { page } = thumb
  await visit(thumb, '/work/tickets')
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)
  check(!(await wide()), 'at 360 px the list is no wider than the window')
  await page.getByRole('link', { name: 'crossing 51', exact: false }).tap()
  await stage(page, 'assigned')
  const box = await page.getByRole('button', { name: 'Accept', exact: true }).boundingBox()
  check(box.height >= 44 && box.y > NARROW.height / 3, `the step is under the thumb: ${Math.round(box.height)} px high at ${Math.round(box.y)} of ${NARROW.height}`)
  await shot(page, 'work-ticket-thumb')
  await page.getByRole('button', { name: 'Accept', exact: true }).tap()
  await stage(page, 'accepted')
  await page.getByRole('button', { name: 'On site', exact: true }).tap()
  await stage(page, 'on site')
  await page.getByRole('button', { name: 'Done', exact: true }).tap()
  await page.getByRole('dialog').getByRole('textbox').fill('door closed')
  await page.getByRole('dialog').getByRole('button', { name: 'Done', exact: true }).tap()
  await stage(page, 'done')
  check(!(await wide()), 'at 360 px: open to done by touch, nothing wider than the window')
  await axe(page, 'a ticket at 360 px')
  for (const path of ['/work/today', '/work/causes', '/work/cleaning', '/work/plans', '/work/shift', '/work/contracts', '/work/acceptance', '/work/assessments']) {
    await visit(thumb, path)
    if (await wide()) faults.push(`${path} is wider than 360 px`)
    if (await page.locator('input[type=file][accept*="image"]').count()) faults.push(`${path} takes a picture`)
    const empty = await page.locator('.empty').count()
    if (empty > 0 && await page.locator('.empty a, .empty button').count() === 0 && path !== '/work/plans') faults.push(`${path} is empty without a way on`)
  }
  check(faults.length === 0, 'every page of work fits 360 px, takes no picture and says what is next when it is empty')
}
for (const each of [mouse, keyed, thumb]) faults.push(...each.faults)
await settled(thumb.page)
await browser.close()
ending(faults)
