// What the first load weighs, packed: the entry with all that it imports at once, the stylesheets, the words of one language, and a page.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const STATIC = resolve(dirname(fileURLToPath(import.meta.url)), '../../src/lenskeeper/web/static')
export const FIRST_LOAD_BYTES_MAX = 250_000

export function firstLoad(folder = STATIC, page = 'src/pages/overview/index.tsx') {
  const manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8'))
  const files = new Set(['first.js'])
  const seen = new Set()
  const take = (key) => {
    const chunk = manifest[key]
    if (!chunk || seen.has(key)) return
    seen.add(key)
    files.add(chunk.file)
    for (const each of chunk.css ?? []) files.add(each)
    for (const each of chunk.imports ?? []) take(each)
  }
  for (const key of ['index.html', 'src/words/zh-CN/common.json', 'src/words/zh-CN/shell.json', 'src/words/zh-CN/overview.json', page]) take(key)
  const weigh = (file) => statSync(existsSync(join(folder, `${file}.gz`)) ? join(folder, `${file}.gz`) : join(folder, file)).size
  const weights = [...files].map((file) => [file, weigh(file)]).sort((a, b) => b[1] - a[1])
  const sum = (kind) => weights.filter(([file]) => file.endsWith(kind)).reduce((all, [, each]) => all + each, 0)
  return { js: sum('.js'), css: sum('.css'), weights }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { js, css, weights } = firstLoad()
  for (const [file, each] of weights) process.stdout.write(`${String(each).padStart(8)}  ${file}\n`)
  process.stdout.write(`first load: ${js} bytes of script and ${css} of style, gzip; at most ${FIRST_LOAD_BYTES_MAX} of script before the map\n`)
  process.exit(js > FIRST_LOAD_BYTES_MAX ? 1 : 0)
}
