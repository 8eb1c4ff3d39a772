// Pictures of pages: node browser/shots.mjs URL LOGIN PASSWORD PATH[,PATH...] [--axe] [--only=en|zh-CN] [--narrow] [--wide] [--secret=TOTP]
// They lie in frontend/shots/ (git-ignored): <path>-<language>-<theme>-<wide|narrow>.png. Ends with 1 where a page breaks a rule.
import { ending, LANGUAGES, NARROW, openWindow, SCHEMES, settled, shot, signIn, startBrowser, totp, violations, WIDE } from './kit.mjs'

const [base, login, password, paths = '/'] = process.argv.slice(2).filter((each) => !each.startsWith('--'))
const options = new Map(process.argv.slice(2).filter((each) => each.startsWith('--')).map((each) => [each.slice(2).split('=')[0], each.split('=').slice(1).join('=')]))
const faults = []
const browser = await startBrowser()
const first = await openWindow(browser, base)
let stage = await signIn(first, { login, password })
if (stage === 'factor') {
  const code = await totp(options.get('secret') ?? '')
  stage = await first.page.evaluate(async (said) => (await (await fetch('/api/sign-in/factor', { method: 'POST', body: JSON.stringify({ code: said }), headers: { 'content-type': 'application/json' } })).json()).stage, code)
}
process.stdout.write(`signed in: ${stage}\n`)
const state = { cookies: (await first.context.storageState()).cookies, origins: [] }
const sizes = [['wide', WIDE], ['narrow', NARROW]].filter(([name]) => (!options.has('wide') && !options.has('narrow')) || options.has(name))
for (const language of LANGUAGES.filter((each) => !options.get('only') || options.get('only') === each)) {
  for (const scheme of SCHEMES) {
    for (const [name, size] of sizes) {
      const window = await openWindow(browser, base, { language, scheme, size, state })
      for (const path of paths.split(',')) {
        await window.page.goto(`${base}${path}`)
        await settled(window.page)
        await window.page.waitForTimeout(path.startsWith('/map') ? 3000 : 400)
        const file = `${path.replace(/^\//, '').replace(/[^\w-]+/g, '_') || 'home'}-${language}-${scheme}-${name}`
        await shot(window.page, file)
        if (await window.page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)) faults.push(`${file}: wider than the window`)
        if (options.has('axe')) for (const each of await violations(window.page)) faults.push(`${file}: ${each.id} ${each.help}\n    ${each.where.join('\n    ')}`)
      }
      faults.push(...window.faults.map((each) => `${language} ${scheme} ${name}: ${each}`))
      await window.context.close()
    }
  }
}
await browser.close()
ending([...new Set(faults)])
