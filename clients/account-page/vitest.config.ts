import { defineConfig } from 'vitest/config'

export default defineConfig({
  // The server and its letters are handled by the tests of the client.
  server: { fs: { allow: ['..'] } },
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: '../typescript/tests/support/build.ts',
    testTimeout: 90_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    // Each file has a server and a browser of its own: two cores have enough with one.
    fileParallelism: false,
    // Real time passes in a real browser: a busy machine must not fail a change.
    retry: process.env.CI ? 2 : 0,
  },
})
