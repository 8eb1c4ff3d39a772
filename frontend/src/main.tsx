import '@mantine/core/styles.css'
import './shell/look.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './shell/app'
import { startWords } from './shell/i18n'
import { applyScheme } from './shell/scheme'

applyScheme()
void startWords().then(() => {
  const root = document.getElementById('root')
  if (root) createRoot(root).render(<StrictMode><App /></StrictMode>)
})
