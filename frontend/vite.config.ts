import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { licences, packed } from './scripts/plugins.mjs'

// The pages are served by lenskeeper itself, from src/lenskeeper/web/static; no address of anywhere else is in them.
export default defineConfig({
  plugins: [react(), licences(), packed()],
  worker: { format: 'es' },
  build: {
    outDir: '../src/lenskeeper/web/static',
    emptyOutDir: true,
    manifest: true,
    target: 'es2023',
    assetsInlineLimit: 0, // data: addresses would need a wider content security policy
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: 'widgets', test: /node_modules\/(@mantine|@floating-ui|clsx)\// },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api/': { target: process.env.LENSKEEPER_AT ?? 'http://127.0.0.1:8443', secure: false } } },
})
