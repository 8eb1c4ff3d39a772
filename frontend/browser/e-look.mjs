import { openWindow, startBrowser, violations, settled, WIDE, NARROW } from './kit.mjs'
const [base, cookie, out, ...paths] = process.argv.slice(2)
const browser = await startBrowser()
for (const [language, scheme, size, name] of [['zh-CN','light',WIDE,'wide'],['en','dark',WIDE,'wide'],['zh-CN','light',NARROW,'narrow']]) {
  const state = { cookies: [{ name: '__Host-lenskeeper', value: cookie, domain: 'localhost', path: '/', secure: true, httpOnly: true, sameSite: 'Lax', expires: -1 }], origins: [] }
  const w = await openWindow(browser, base, { language, scheme, size, state })
  for (const path of paths) {
    const began = Date.now()
    await w.page.goto(`${base}${path}`)
    await settled(w.page)
    await w.page.waitForSelector('.map-canvas[data-idle][data-cameras], .map-list [role=grid]', { timeout: 15000 }).catch(() => console.log('not idle'))
    console.log(path, language, scheme, name, 'idle ms', Date.now() - began)
    await w.page.waitForTimeout(300)
    await w.page.screenshot({ path: `${out}/${path.replace(/\W+/g, '_')}-${language}-${scheme}-${name}.png` })
    for (const v of await violations(w.page)) console.log('axe', v.id, v.help, v.where.join('\n   '))
    if (await w.page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)) console.log('wider than window')
  }
  console.log(w.faults)
  await w.context.close()
}
await browser.close()
