// The words of the pages: no bare word in TSX, every key there in both languages, the same keys in both, and no <style> element.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const PLURALS = /_(zero|one|two|few|many|other)$/
const SPOKEN = new Set(['label', 'title', 'placeholder', 'alt', 'aria-label', 'description', 'aria-description', 'lead', 'act'])
const STYLED = new Set(['AppShell', 'Grid', 'SimpleGrid', 'Flex'])

/** Every key of a file of words: a.b.c -> text. */
export function keysOf(words, before = '') {
  return Object.entries(words).flatMap(([key, each]) => (typeof each === 'object' && each !== null ? keysOf(each, `${before}${key}.`) : [[`${before}${key}`, each]]))
}

/** What differs between the two languages: namespace -> faults. */
export function unequal(read) {
  const faults = []
  for (const [namespace, { en, zh }] of Object.entries(read)) {
    const stems = (words) => new Map(keysOf(words ?? {}).map(([key, text]) => [key.replace(PLURALS, ''), text]))
    const [a, b] = [stems(en), stems(zh)]
    for (const key of a.keys()) if (!b.has(key)) faults.push(`zh-CN/${namespace}.json lacks ${key}`)
    for (const key of b.keys()) if (!a.has(key)) faults.push(`en/${namespace}.json lacks ${key}`)
    for (const [key, text] of a) {
      const holes = (told) => [...String(told).matchAll(/\{\{\s*([\w.]+)/g)].map((each) => each[1]).filter((each) => each !== 'count').sort().join()
      if (b.has(key) && holes(text) !== holes(b.get(key))) faults.push(`${namespace}: ${key} has other values in zh-CN (${holes(b.get(key))}) than in en (${holes(text)})`)
    }
    for (const [key, text] of keysOf(zh ?? {})) if (/anonym/i.test(String(text))) faults.push(`zh-CN/${namespace}.json ${key} says anonymous: it is de-identified`)
    for (const [key, text] of keysOf(en ?? {})) if (/anonym/i.test(String(text))) faults.push(`en/${namespace}.json ${key} says anonymous: it is de-identified`)
  }
  return faults
}

/** What is wrong with the words of one file of code. has(namespace, key): whether there are words for it. */
export function faultsOf(name, text, has) {
  const faults = []
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, name.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS)
  const says = (node, what) => faults.push(`${name}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${what}`)
  const letters = (told) => /[\p{L}]{2,}/u.test(told)
  const namespaces = new Map() // the name of a function -> where it looks
  const visit = (node) => {
    if (ts.isVariableDeclaration(node) && node.initializer && ts.isCallExpression(node.initializer) && node.initializer.expression.getText() === 'useTranslation' && ts.isObjectBindingPattern(node.name)) {
      const asked = node.initializer.arguments[0]
      const found = !asked ? ['common'] : ts.isArrayLiteralExpression(asked) ? asked.elements.map((each) => each.text) : [asked.text]
      for (const each of node.name.elements) if ((each.propertyName ?? each.name).getText() === 't') namespaces.set(each.name.getText(), found)
    }
    if (ts.isJsxText(node) && letters(node.text)) says(node, `a bare word: ${node.text.trim().slice(0, 40)}`)
    if (ts.isJsxAttribute(node) && SPOKEN.has(node.name.getText()) && node.initializer && ts.isStringLiteral(node.initializer) && letters(node.initializer.text)) says(node, `a bare word: ${node.getText().slice(0, 60)}`)
    if (ts.isJsxOpeningLikeElement(node)) {
      const tag = node.tagName.getText()
      if (STYLED.has(tag.split('.')[0])) says(node, `${tag} writes a <style> element, which the policy forbids`)
      for (const each of node.attributes.properties) {
        if (ts.isJsxAttribute(each) && ['visibleFrom', 'hiddenFrom'].includes(each.name.getText())) says(each, `${each.name.getText()} needs a <style> element`)
        if (ts.isJsxAttribute(each) && each.initializer && /^\{\{\s*(base|xs|sm|md|lg|xl)\s*:/.test(each.initializer.getText())) says(each, 'a responsive style prop writes a <style> element')
        if (ts.isJsxAttribute(each) && each.name.getText() === 'dangerouslySetInnerHTML') says(each, 'text of elsewhere must not become part of the page')
      }
    }
    if (ts.isCallExpression(node) && /(^|\.)t$/.test(node.expression.getText()) && node.arguments[0] && ts.isStringLiteralLike(node.arguments[0])) {
      const key = node.arguments[0].text
      const [own, short] = key.includes(':') ? key.split(':') : [null, key]
      const places = own ? [own] : [(namespaces.get(node.expression.getText()) ?? ['common'])[0]]
      const falls = node.arguments[1]?.getText().includes('defaultValue')
      if (!falls && !places.some((each) => has(each, short))) says(node, `no words for ${places.join('|')}:${short}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return faults
}

export function readWords(root = ROOT) {
  const read = {}
  for (const language of ['en', 'zh-CN']) {
    for (const each of readdirSync(join(root, 'src/words', language))) {
      const namespace = each.replace(/\.json$/, '')
      read[namespace] ??= {}
      read[namespace][language === 'en' ? 'en' : 'zh'] = JSON.parse(readFileSync(join(root, 'src/words', language, each), 'utf8'))
    }
  }
  return read
}

function main() {
  const read = readWords()
  const stems = Object.fromEntries(Object.entries(read).map(([namespace, { en }]) => [namespace, new Set(keysOf(en ?? {}).flatMap(([key]) => [key, key.replace(PLURALS, '')]))]))
  const has = (namespace, key) => stems[namespace]?.has(key) ?? false
  const code = readdirSync(join(ROOT, 'src'), { recursive: true }).map(String).filter((each) => /\.tsx?$/.test(each) && !/\.(test|d)\.tsx?$/.test(each))
  const faults = [...unequal(read), ...code.flatMap((each) => faultsOf(relative(ROOT, join(ROOT, 'src', each)), readFileSync(join(ROOT, 'src', each), 'utf8'), has))]
  for (const each of faults) process.stderr.write(`${each}\n`)
  process.stdout.write(`${code.length} files, ${Object.keys(read).length} sets of words, ${faults.length} faults\n`)
  process.exit(faults.length > 0 ? 1 : 0)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
