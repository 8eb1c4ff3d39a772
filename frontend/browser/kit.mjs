// A real browser for tests and pictures: an installed Chromium, or the one of npm's @sparticuz/chromium. No GPU, no font of the
// machine is needed: a font with Chinese is taken from the Python package manimgx-fonts-cjk through FONTCONFIG_FILE.
import { chromium } from 'playwright-core'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = dirname(fileURLToPath(import.meta.url))
export const SHOTS = resolve(HERE, '../shots')
export const LANGUAGES = ['zh-CN', 'en']
export const SCHEMES = ['light', 'dark']
export const WIDE = { width: 1360, height: 860 }
export const NARROW = { width: 360, height: 740 }

function installed() {
  if (process.env.LENSKEEPER_CHROMIUM) return process.env.LENSKEEPER_CHROMIUM
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
      if (existsSync(join(folder, name))) return join(folder, name)
    }
  }
  return null
}

/** Lets fontconfig find the font of the Python package and no other, so that pictures look alike on every machine. */
function fonts() {
  if (process.env.FONTCONFIG_FILE) return process.env.FONTCONFIG_FILE
  const lib = resolve(HERE, '../../.venv/lib')
  const python = existsSync(lib) ? readdirSync(lib).find((each) => each.startsWith('python3')) : undefined
  const folder = process.env.LENSKEEPER_FONTS ?? (python ? join(lib, python, 'site-packages/manimgx_fonts_cjk') : '')
  if (!existsSync(folder)) return null
  const place = mkdtempSync(join(tmpdir(), 'lenskeeper-fonts-'))
  const file = join(place, 'fonts.conf')
  writeFileSync(file, `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${folder}</dir><cachedir>${place}</cachedir>
<alias><family>system-ui</family><prefer><family>Noto Sans CJK SC</family></prefer></alias>
<alias><family>sans-serif</family><prefer><family>Noto Sans CJK SC</family></prefer></alias></fontconfig>`)
  return file
}

/** A browser without a window. */
export async function startBrowser() {
  let executablePath = installed()
  let args = ['--no-sandbox'] // only because tests may run as root; the pages come from ourselves
  if (!executablePath) {
    const { default: packed } = await import('@sparticuz/chromium')
    executablePath = await packed.executablePath()
    args = [...args, '--use-gl=angle', '--use-angle=swiftshader', '--disable-gpu-compositing'] // WebGL in software, and pages without it
  }
  const file = fonts()
  const env = { ...process.env, ...(file ? { FONTCONFIG_FILE: file } : {}) }
  return chromium.launch({ executablePath, headless: true, args, env })
}

/**
 * A window of its own (cookies, storage) on the server at `base`. What it must not do is written into `faults`: a request to
 * elsewhere, a breach of the content security policy, an error on the page.
 */
export async function openWindow(browser, base, { language = 'en', scheme = 'light', size = WIDE, contrast, state, touch = false } = {}) {
  const context = await browser.newContext({
    viewport: size, locale: language, colorScheme: scheme, ignoreHTTPSErrors: true, storageState: state, hasTouch: touch, reducedMotion: 'reduce', timezoneId: 'Asia/Shanghai',
  })
  await context.addInitScript(({ language: told, scheme: shown, contrast: more }) => {
    if (!localStorage.getItem('lenskeeper')) localStorage.setItem('lenskeeper', JSON.stringify({ language: told, scheme: shown, contrast: more }))
  }, { language, scheme, contrast })
  const faults = []
  const origin = new URL(base).origin
  const asked = []
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol === 'data:' || url.protocol === 'blob:') return
    asked.push(request.url())
    if (url.origin !== origin) faults.push(`asked elsewhere: ${request.url()}`)
  })
  const page = await context.newPage()
  page.on('console', (said) => {
    if (said.type() !== 'error') return
    const text = said.text()
    if (/Content Security Policy|Content-Security-Policy/i.test(text)) faults.push(`content security policy: ${text}`)
    else if (!/Failed to load resource|ERR_CONNECTION|net::ERR/.test(text)) faults.push(`console: ${text}`)
  })
  page.on('pageerror', (error) => faults.push(`page error: ${error.message}`))
  return { context, page, faults, asked, base }
}

async function send(page, path, body) {
  return page.evaluate(async ([to, said]) => {
    const answer = await fetch(to, { method: 'POST', body: JSON.stringify(said), headers: { 'content-type': 'application/json' } })
    return { status: answer.status, body: await answer.text() }
  }, [path, body])
}

/** The first administrator by the one-time code; answers what comes next. */
export async function setUp(window, { code, login, password, name = 'Administrator', language = 'en' }) {
  await window.page.goto(`${window.base}/icon.svg`)
  const said = await send(window.page, '/api/set-up', { code, login, password, name, language })
  if (said.status !== 200) throw new Error(`set-up: ${said.status} ${said.body}`)
  return JSON.parse(said.body).stage
}

export async function signIn(window, { login, password }) {
  await window.page.goto(`${window.base}/icon.svg`)
  const said = await send(window.page, '/api/sign-in', { login, password })
  if (said.status !== 200) throw new Error(`sign-in: ${said.status} ${said.body}`)
  return JSON.parse(said.body).stage
}

/** The storage of a window of somebody whose session a test has made: the secret of its cookie. */
export function stateOf(base, secret) {
  const cookie = { name: '__Host-lenskeeper', value: secret, domain: new URL(base).hostname, path: '/', secure: true, httpOnly: true, sameSite: 'Lax', expires: -1 }
  return { cookies: [cookie], origins: [] }
}

/** Opens an address and waits until nothing is on its way: no skeleton, no request. */
export async function visit(window, path) {
  await window.page.goto(`${window.base}${path}`)
  await settled(window.page)
}

export async function settled(page) {
  await page.waitForSelector('main h1, main [role=alert]', { timeout: 15_000 })
  await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root, .mantine-Loader-root'), null, { timeout: 15_000 }).catch(() => {})
  await page.evaluate(() => document.fonts.ready)
}

export async function shot(page, name) {
  mkdirSync(SHOTS, { recursive: true })
  await page.screenshot({ path: join(SHOTS, `${name}.png`) })
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** What axe finds on the page as it stands: [{ id, help, where }]. Ours have no frames, so nothing of axe's work in blank pages is needed. */
export async function violations(page) {
  const { AxeBuilder } = await import('@axe-core/playwright')
  const found = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).withTags(RULES).setLegacyMode().analyze()
  return found.violations.map((each) => ({
    id: each.id, help: each.help, where: each.nodes.slice(0, 4).map((node) => `${node.target.join(" ")} ${node.html.slice(0, 160)} ${node.any.concat(node.all, node.none).map((check) => check.message).slice(0, 1)}`),
  }))
}

/** TOTP of RFC 6238 for a secret as the app is given it. */
export async function totp(secret, at = Date.now()) {
  const { createHmac } = await import('node:crypto')
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret.replace(/[\s=]/g, '').toUpperCase()].map((each) => letters.indexOf(each).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((each) => Number.parseInt(each, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)))
  const hash = createHmac('sha1', key).update(counter).digest()
  const at4 = hash[19] & 15
  return String((hash.readUInt32BE(at4) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** Says what was found and ends with it: each `check` is a sentence with its truth. */
export function ending(faults) {
  for (const each of faults) process.stderr.write(`FAULT ${each}\n`)
  process.exit(faults.length > 0 ? 1 : 0)
}
