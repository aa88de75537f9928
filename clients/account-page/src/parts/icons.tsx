import type { JSX } from 'preact'

/** Drawn on a grid of 24, in the colour of the text. They are decoration: the text beside them has the meaning. */
const SHAPES = {
  profile: <path d="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 8c0-3.3 3.6-5.5 8-5.5s8 2.2 8 5.5" />,
  addresses: <path d="M12 21s7-5.7 7-11a7 7 0 1 0-14 0c0 5.3 7 11 7 11Zm0-8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z" />,
  devices: <path d="M4 5h13v9H4zM2 18h11M16 9h5v10h-5z" />,
  security: <path d="M12 3 5 6v5c0 4.5 3 8.2 7 10 4-1.8 7-5.5 7-10V6zM9 12l2.2 2.2L15.5 10" />,
  signOut: <path d="M14 4h5v16h-5M15 12H4m0 0 4-4m-4 4 4 4" />,
  mail: <path d="M3 6h18v12H3zm0 .5 9 6.5 9-6.5" />,
  show: <path d="M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12Zm10 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z" />,
  hide: <path d="M4 4l16 16M9.9 5.8A10 10 0 0 1 12 5.5c6.4 0 10 6.5 10 6.5a17 17 0 0 1-3.3 3.9M6 7.5A17 17 0 0 0 2 12s3.6 6.5 10 6.5a9.7 9.7 0 0 0 4.5-1.1" />,
  passkey: <path d="M8 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm6 9H2c0-3.3 2.7-6 6-6 .9 0 1.7.2 2.5.5M17 14a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm0 0v7l2-2-1.5-1.5L19 16" />,
  plus: <path d="M12 5v14M5 12h14" />,
} satisfies Record<string, JSX.Element>

export type IconName = keyof typeof SHAPES

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {SHAPES[name]}
    </svg>
  )
}
