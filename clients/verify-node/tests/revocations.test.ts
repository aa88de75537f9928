import { describe, expect, it } from 'vitest'
import { ageMs } from '../src/age.js'
import { delayAfter } from '../src/backoff.js'
import { readPage, type Revocation, Revocations } from '../src/revocations.js'

const AT = Date.parse('2026-11-28T09:00:00.500Z')
const LIFETIME = 600_000

function entry(session_id: string | null, below: number | null = null, atMs = AT, reason = 'logout'): Revocation {
  return { session_id, at: new Date(atMs).toISOString(), reason, below }
}

function token(sessionId: string, version = 0, issuedAt = AT / 1000 - 60) {
  return { userId: 'ann', sessionId, version, issuedAt: Math.floor(issuedAt), expiresAt: Math.floor(issuedAt) + 600 }
}

describe('revocations', () => {
  it('void a session, or its tokens below a version', () => {
    const known = new Revocations(LIFETIME, 10)
    known.add([entry('ended'), entry('renewed', 2, AT, 'password_changed')], AT)
    expect(known.voiding(token('ended', 7))).toEqual({ code: 'session_ended', reason: 'logout' })
    expect(known.voiding(token('renewed', 1))).toEqual({ code: 'renewed', reason: 'password_changed' })
    expect(known.voiding(token('renewed', 2))).toBeNull()
    expect(known.voiding(token('other'))).toBeNull()
  })

  it('may repeat and come in any order: the widest counts', () => {
    const known = new Revocations(LIFETIME, 10)
    known.add([entry('a'), entry('a', 1), entry('b', 1), entry('b', 3), entry('b', 2)], AT)
    expect(known.voiding(token('a', 5))?.code).toBe('session_ended')
    expect([known.voiding(token('b', 2))?.code, known.voiding(token('b', 3))]).toEqual(['renewed', null])
    expect(known.size).toBe(2)
  })

  it('without a session void what was issued before, and in doubt what was issued in that second', () => {
    const known = new Revocations(LIFETIME, 10)
    known.add([entry(null, null, AT, 'restored')], AT)
    const second = Math.floor(AT / 1000)
    expect(known.voiding(token('a', 0, second))).toEqual({ code: 'session_ended', reason: 'restored' })
    expect(known.voiding(token('a', 0, second + 1))).toBeNull()
    known.add([entry(null, null, AT - 5_000, 'restored')], AT)
    expect(known.voiding(token('a', 0, second))?.reason).toBe('restored')
  })

  it('are forgotten when every token of before has expired', () => {
    const known = new Revocations(LIFETIME, 10)
    known.add([entry('a')], AT)
    known.add([], AT + LIFETIME + 14 * 60_000)
    expect(known.size).toBe(1)
    known.add([], AT + LIFETIME + 16 * 60_000)
    expect(known.size).toBe(0)
  })

  it('are bounded: what has no room voids every token of before', () => {
    const known = new Revocations(LIFETIME, 3)
    const entries = Array.from({ length: 10 }, (_, n) => entry(`s${n}`, null, AT + n * 1000))
    known.add(entries, AT)
    expect(known.size).toBe(3)
    for (const [n, { session_id, at }] of entries.entries()) {
      expect(known.voiding(token(session_id!, 0, Date.parse(at) / 1000 - 1)), `${n}`).not.toBeNull()
    }
    expect(known.voiding(token('other', 0, AT / 1000))).toEqual({ code: 'renewed', reason: 'forgotten' })
    expect(known.voiding(token('other', 0, AT / 1000 + 7))).toBeNull()
  })

  it('are read as documented or not at all', () => {
    const page = { revocations: [entry('a'), entry(null)], cursor: 'c' }
    expect(readPage(page)).toEqual(page)
    const bad = [
      null,
      'x',
      {},
      { revocations: [] },
      { ...page, revocations: [{}] },
      { ...page, revocations: [{ ...entry('a'), at: 'soon' }] },
    ]
    for (const value of bad) expect(() => readPage(value), JSON.stringify(value)).toThrow(TypeError)
  })
})

it('an age is that of the clock that says more', () => {
  const moment = { monotonicMs: 100, wallMs: 1_000 }
  expect(ageMs(moment, { monotonicMs: 150, wallMs: 9_000 })).toBe(8_000)
  expect(ageMs(moment, { monotonicMs: 150, wallMs: 500 })).toBe(50)
})

it('pauses grow, have a bound, and differ', () => {
  expect([1, 2, 3, 50].map((failures) => delayAfter(failures, () => 1))).toEqual([250, 500, 1000, 15_000])
  expect(delayAfter(2, () => 0)).toBe(250)
})
