// Every route, each look in a window of its own beside the others: axe, the policy, no foreign request, nothing too wide, pictures kept.
// LENSKEEPER_URL, _COOKIE (of a session), _ROUTES (by commas), _LOOKS ("en light,zh-CN dark").
import { ending, NARROW, openWindow, settled, shot, startBrowser, stateOf, violations, WIDE } from './kit.mjs'

const { LENSKEEPER_URL: base, LENSKEEPER_COOKIE: secret, LENSKEEPER_ROUTES: said, LENSKEEPER_LOOKS: looks } = process.env
const routes = said.split(',')
const faults = []
const browser = await startBrowser()
const state = stateOf(base, secret)

/** How many requests every route made in one look. */
async function walked(language, scheme) {
  const window = await openWindow(browser, base, { language, scheme, state })
  const { page } = window
  for (const path of routes) {
    const where = `${path} ${language} ${scheme}`
    const name = `${path.replace(/^\//, '').replace(/[^\w-]+/g, '_') || 'home'}-${language}-${scheme}`
    await page.setViewportSize(WIDE)
    await page.goto(`${base}${path}`)
    await settled(page).catch(() => faults.push(`${where}: no heading came`))
    if (path.startsWith('/map')) await page.waitForSelector('.map-canvas[data-idle]', { timeout: 20_000 }).catch(() => faults.push(`${where}: the map is never idle`))
    if (await page.evaluate(() => document.querySelector('[data-lost]') !== null)) faults.push(`${where}: leads nowhere`)
    if ((await page.locator('main > .mantine-Alert-root[role=alert]').count()) > 0) faults.push(`${where}: ${await page.textContent('main [role=alert]')}`)
    if ((await page.locator('h1').count()) !== 1) faults.push(`${where}: not one h1`)
    if ((await page.locator('style').count()) > 0) faults.push(`${where}: a <style> element`)
    for (const each of await violations(page)) faults.push(`${where}: ${each.id} ${each.help}: ${each.where.join(' | ')}`)
    await shot(page, `${name}-wide`)
    await page.setViewportSize(NARROW)
    await page.waitForSelector('.frame[data-narrow]')
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)) faults.push(`${where}: wider than a phone`)
    if (scheme === 'light') for (const each of await violations(page)) faults.push(`${where} at 360 px: ${each.id} ${each.help}: ${each.where.join(' | ')}`)
    await shot(page, `${name}-narrow`)
  }
  faults.push(...window.faults.map((each) => `${language} ${scheme}: ${each}`))
  await window.context.close()
  return window.asked.length
}

const asked = await Promise.all(looks.split(',').map((each) => walked(...each.split(' '))))
await browser.close()
process.stdout.write(`${routes.length} routes, ${asked.join(' and ')} requests, ${faults.length} faults\n`)
ending([...new Set(faults)])
