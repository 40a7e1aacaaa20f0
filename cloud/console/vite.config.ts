import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // One file for the libraries: a console on a local network loads fewer, larger files sooner.
    chunkSizeWarningLimit: 1500,
    // Everything is a file of our own, so that the content security policy needs no `data:` scripts.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8080', '/c': 'http://127.0.0.1:8080' } },
});
