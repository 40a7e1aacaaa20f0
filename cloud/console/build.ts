/**
 * Builds the console into `dist`. `npm ci` calls it with `--on-install`: then an install without the console's
 * dependencies (an edge box that takes the gateway alone) is left as it is.
 */
const onInstall = process.argv.includes('--on-install');

async function loadVite(): Promise<typeof import('vite') | undefined> {
  try {
    return await import('vite');
  } catch (error) {
    if (onInstall && (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') {
      return undefined;
    }
    throw error;
  }
}

const vite = await loadVite();
if (vite !== undefined) {
  const started = performance.now();
  await vite.build({ configFile: new URL('vite.config.ts', import.meta.url).pathname, logLevel: 'warn' });
  console.log(`console built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
