// Every route in both languages and both themes: axe, the policy, no foreign request, nothing too wide, pictures kept.
// LENSKEEPER_URL, _COOKIE (of a session), _ROUTES (by commas), _LANGUAGE and _SCHEME (without them all). Bounded: one window for each language, theme and width.
import { ending, LANGUAGES, NARROW, openWindow, SCHEMES, settled, shot, startBrowser, stateOf, violations, WIDE } from './kit.mjs'

const { LENSKEEPER_URL: base, LENSKEEPER_COOKIE: secret, LENSKEEPER_ROUTES: said, LENSKEEPER_LANGUAGE: only, LENSKEEPER_SCHEME: shown } = process.env
const routes = said.split(',')
const faults = []
const browser = await startBrowser()
const state = stateOf(base, secret)
let asked = 0
for (const language of LANGUAGES.filter((each) => !only || each === only)) {
  for (const scheme of SCHEMES.filter((each) => !shown || each === shown)) {
    const window = await openWindow(browser, base, { language, scheme, state })
    const { page } = window
    for (const path of routes) {
      const where = `${path} ${language} ${scheme}`
      const name = `${path.replace(/^\//, '').replace(/[^\w-]+/g, '_') || 'home'}-${language}-${scheme}`
      await page.setViewportSize(WIDE)
      await page.goto(`${base}${path}`)
      await settled(page).catch(() => faults.push(`${where}: no heading came`))
      if (path.startsWith('/map')) await page.waitForTimeout(1500)
      if (await page.evaluate(() => document.querySelector('[data-lost]') !== null)) faults.push(`${where}: leads nowhere`)
      if ((await page.locator('main > .mantine-Alert-root[role=alert]').count()) > 0) faults.push(`${where}: ${await page.textContent('main [role=alert]')}`)
      if ((await page.locator('h1').count()) !== 1) faults.push(`${where}: not one h1`)
      if ((await page.locator('style').count()) > 0) faults.push(`${where}: a <style> element`)
      for (const each of await violations(page)) faults.push(`${where}: ${each.id} ${each.help}: ${each.where.join(' | ')}`)
      await shot(page, `${name}-wide`)
      await page.setViewportSize(NARROW)
      await page.waitForTimeout(150)
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)) faults.push(`${where}: wider than a phone`)
      if (scheme === 'light') for (const each of await violations(page)) faults.push(`${where} at 360 px: ${each.id} ${each.help}: ${each.where.join(' | ')}`)
      await shot(page, `${name}-narrow`)
    }
    asked += window.asked.length
    faults.push(...window.faults.map((each) => `${language} ${scheme}: ${each}`))
    await window.context.close()
  }
}
await browser.close()
process.stdout.write(`${routes.length} routes, ${asked} requests, ${faults.length} faults\n`)
ending([...new Set(faults)])
