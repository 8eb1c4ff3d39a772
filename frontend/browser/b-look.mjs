import { LANGUAGES, NARROW, openWindow, SCHEMES, settled, startBrowser, stateOf, violations, WIDE } from './kit.mjs'
import { mkdirSync } from 'node:fs'
const [base, secret, paths, ...flags] = process.argv.slice(2)
const browser = await startBrowser()
mkdirSync('/tmp/s5/B-shots', { recursive: true })
const all = flags.includes('--all')
for (const language of all ? LANGUAGES : flags.includes('--zh') ? ['zh-CN'] : ['en']) for (const scheme of all ? SCHEMES : flags.includes('--dark') ? ['dark'] : ['light']) for (const [name, size] of all ? [['wide', WIDE], ['narrow', NARROW]] : flags.includes('--narrow') ? [['narrow', NARROW]] : [['wide', WIDE]]) {
  const window = await openWindow(browser, base, { language, scheme, size, state: stateOf(base, secret) })
  for (const path of paths.split(',')) {
    await window.page.goto(`${base}${path}`)
    await settled(window.page).catch((e) => console.log(path, String(e).slice(0, 200)))
    await window.page.waitForTimeout(600)
    if (path === '/audit' && flags.includes('--verify')) { await window.page.getByRole('button', { name: /Check everything|全部校验/ }).click(); await window.page.waitForTimeout(1500) }
    if (path === '/audit/cases' && flags.includes('--make')) { await window.page.getByRole('button', { name: /Make a case|制作案卷/ }).first().click(); await window.page.waitForTimeout(800) }
    if (path === '/audit/checkpoints' && flags.includes('--compare')) { await window.page.getByRole('button', { name: /Compare|比对/ }).click(); await window.page.waitForTimeout(800) }
    const file = `${path.replace(/^\//, '').replace(/[^\w-]+/g, '_') || 'home'}-${language}-${scheme}-${name}`
    await window.page.screenshot({ path: `/tmp/s5/B-shots/${file}.png`, fullPage: flags.includes('--full') })
    if (await window.page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)) console.log(`${file}: wider than the window`)
    for (const each of await violations(window.page)) console.log(`${file}: ${each.id} ${each.help}\n    ${each.where.join('\n    ')}`)
  }
  for (const each of new Set(window.faults)) console.log(`${language} ${scheme} ${name}: ${each}`)
  await window.context.close()
}
await browser.close()
