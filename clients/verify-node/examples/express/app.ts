import express, { type Express } from 'express'
import type { Verifier } from '../../src/index.js'
import { callerOf, requireToken } from '../../src/express.js'

/** A backend with orders: every route below `/orders` is for signed-in users of the shop. */
export function ordersApp(verifier: Verifier): Express {
  const app = express()
  app.get('/healthz', (_request, response) => {
    const health = verifier.health()
    response.status(health.ok ? 200 : 503).json(health)
  })
  app.use('/orders', requireToken(verifier))
  app.get('/orders', (request, response) => {
    response.json({ user_id: callerOf(request).userId, orders: [] })
  })
  return app
}
