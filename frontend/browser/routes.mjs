// Every route in both languages and both themes: axe, the policy, no foreign request, nothing too wide, pictures kept.
// LENSKEEPER_URL, _COOKIE (of a session), _ROUTES (by commas). Bounded: one window for each language, theme and width.
import { ending, LANGUAGES, NARROW, openWindow, SCHEMES, settled, shot, startBrowser, stateOf, violations, WIDE } from './kit.mjs'

const { LENSKEEPER_URL: base, LENSKEEPER_COOKIE: secret, LENSKEEPER_ROUTES: said } = process.env
const routes = said.split(',')
const faults = []
const browser = await startBrowser()
const state = stateOf(base, secret)
let asked = 0
for (const language of LANGUAGES) {
  for (const scheme of SCHEMES) {
    for (const size of [WIDE, NARROW]) {
      const window = await openWindow(browser, base, { language, scheme, size, state })
      for (const path of routes) {
        const where = `${path} ${language} ${scheme} ${size.width}`
        await window.page.goto(`${base}${path}`)
        await settled(window.page).catch(() => faults.push(`${where}: no heading came`))
        if (path.startsWith('/map')) await window.page.waitForTimeout(1500)
        if (await window.page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)) faults.push(`${where}: wider than the window`)
        if (await window.page.evaluate(() => document.querySelector('[data-lost]') !== null)) faults.push(`${where}: leads nowhere`)
      if (await window.page.evaluate(() => document.querySelectorAll('main > .mantine-Alert-root[role=alert]').length) > 0) faults.push(`${where}: ${await window.page.textContent('main [role=alert]')}`)
      if (await window.page.evaluate(() => document.querySelectorAll('h1').length) !== 1) faults.push(`${where}: not one h1`)
        if (await window.page.evaluate(() => document.querySelectorAll('head style, body style').length) > 0) faults.push(`${where}: a <style> element`)
        // contrast differs by theme, names and roles by language: the narrow window is looked at in one of each
        if (size === WIDE || (language === 'zh-CN') === (scheme === 'dark')) for (const each of await violations(window.page)) faults.push(`${where}: ${each.id} ${each.help}: ${each.where.join(' | ')}`)
        await shot(window.page, `${path.replace(/^\//, '').replace(/[^\w-]+/g, '_') || 'home'}-${language}-${scheme}-${size === WIDE ? 'wide' : 'narrow'}`)
      }
      asked += window.asked.length
      faults.push(...window.faults.map((each) => `${language} ${scheme} ${size.width}: ${each}`))
      await window.context.close()
    }
  }
}
await browser.close()
process.stdout.write(`${routes.length} routes, ${asked} requests, ${faults.length} faults\n`)
ending([...new Set(faults)])
