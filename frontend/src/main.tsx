import '@mantine/core/styles.css'
import './shell/look.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App, askFirst } from './shell/app'
import { warmHere } from './shell/areas'
import { startWords } from './shell/i18n'
import { applyScheme } from './shell/scheme'

applyScheme()
void Promise.all([startWords().then(warmHere), askFirst()]).then(() => {
  const root = document.getElementById('root')
  if (root) createRoot(root).render(<StrictMode><App /></StrictMode>)
})
