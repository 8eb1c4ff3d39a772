// Keeping accounts in a real browser: somebody is added, comes in by the code, is given a role, and loses it; also on a phone.
// LENSKEEPER_URL, LENSKEEPER_COOKIE (of an administrator with a second factor)
import { ending, NARROW, openWindow, settled, shot, startBrowser, stateOf, violations, visit } from './kit.mjs'

const base = process.env.LENSKEEPER_URL
const state = stateOf(base, process.env.LENSKEEPER_COOKIE)
const faults = []
const browser = await startBrowser()

for (const [size, options] of [['wide', {}], ['narrow', { size: NARROW }]]) {
  const window = await openWindow(browser, base, { language: 'en', state, ...options })
  const { page } = window
  const look = async (name) => {
    await page.waitForTimeout(350)
    await shot(page, `people-${name}-${size}`)
    faults.push(...(await violations(page)).map((each) => `${name} ${size}: ${each.id} ${each.where}`))
  }
  const dialog = page.getByRole('dialog')
  await visit(window, '/people')
  await page.getByRole('button', { name: 'Add a person' }).first().click()
  await dialog.getByRole('textbox', { name: 'Login name' }).fill(`mei.${size}`)
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill(`Mei ${size}`)
  await look('add')
  await dialog.getByRole('button', { name: 'Add a person' }).click()
  await page.getByText('One-time code').waitFor()
  const code = (await page.locator('.people-code').textContent()).trim()
  await look('code')
  await page.getByRole('button', { name: 'I have passed it on' }).click()

  const theirs = await openWindow(browser, base, { language: 'en' })
  await theirs.page.goto(`${base}/icon.svg`)
  const asked = (path, body) => theirs.page.evaluate(async ([to, said]) => {
    const answer = await fetch(to, said ? { method: 'POST', body: JSON.stringify(said), headers: { 'content-type': 'application/json' } } : {})
    return { status: answer.status, said: await answer.json() }
  }, [path, body])
  const entered = await asked('/api/set-up', { code, password: 'seven swifts over the tannery', language: 'en' })
  if (entered.said.stage !== 'ready') faults.push(`set-up by the code: ${JSON.stringify(entered)}`)
  if ((await asked('/api/tickets')).status !== 403) faults.push('without a grant tickets were shown')

  await page.getByText(`Mei ${size}`, { exact: true }).first().click()
  await settled(page)
  await page.getByRole('button', { name: 'Give a role' }).click()
  await dialog.getByRole('combobox', { name: 'Unit' }).or(dialog.getByRole('textbox', { name: 'Unit' })).first().click()
  await page.getByRole('option').first().click()
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('letter 7')
  await look('give')
  await dialog.getByRole('button', { name: 'Give a role' }).click()
  await page.getByText('The role is given').waitFor()
  await page.getByRole('cell', { name: 'letter 7' }).waitFor()
  if ((await asked('/api/tickets')).status !== 200) faults.push('with a grant no tickets were shown')
  await look('given')

  await page.getByRole('button', { name: 'End', exact: true }).click()
  await dialog.getByRole('textbox').fill('another post')
  await dialog.getByRole('button', { name: 'End it now' }).click()
  await page.getByText('The grant is over').waitFor()
  if ((await asked('/api/tickets')).status !== 403) faults.push('an ended grant went on')
  await page.getByRole('button', { name: 'Lock', exact: true }).click()
  await dialog.getByRole('textbox').fill('lost laptop')
  await dialog.getByRole('button', { name: 'Lock', exact: true }).click()
  await page.getByText('locked', { exact: true }).first().waitFor()
  if ((await asked('/api/me')).status !== 401) faults.push('a locked account went on')
  process.stdout.write(`yes ${size}\n`)
  faults.push(...window.faults.map((each) => `${size}: ${each}`))
  await theirs.context.close()
  await window.context.close()
}
await browser.close()
ending(faults)
