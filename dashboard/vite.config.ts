import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const server = process.env['SIGNALOS_SERVER'] ?? 'http://127.0.0.1:5000'

/** The server sends these in place of the plain files: packing once beats packing at every request. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    writeBundle({ dir }) {
      const assets = `${dir ?? 'dist'}/assets`
      for (const name of readdirSync(assets).filter((file) => /\.(js|css|svg)$/.test(file))) {
        const plain = readFileSync(`${assets}/${name}`)
        if (plain.length < 1024) continue
        writeFileSync(`${assets}/${name}.gz`, gzipSync(plain, { level: 9 }))
        writeFileSync(`${assets}/${name}.br`, brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
      }
    },
  }
}

export default defineConfig(({ command }) => ({
  plugins: [react(), precompress()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // The server replaces the placeholder in every index.html it sends; Vite's own client needs none.
  html: command === 'build' ? { cspNonce: '__CSP_NONCE__' } : {},
  build: {
    target: 'es2022',
    // Inlined data: addresses would need their own exception in the content security policy.
    assetsInlineLimit: 0,
    // Swagger UI alone, which only the page at /api/docs loads, has 1.5 MB.
    chunkSizeWarningLimit: 1_600,
    rolldownOptions: { input: ['index.html', 'api-docs.html'] },
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: true,
    proxy: {
      // The Origin must be the server's own for the session cookie to count.
      '/api': { target: server, changeOrigin: true, headers: { origin: server } },
      '/health': { target: server, changeOrigin: true },
      '/ws': { target: server, ws: true, changeOrigin: true, headers: { origin: server } },
    },
  },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.{ts,tsx}'], restoreMocks: true },
}))
