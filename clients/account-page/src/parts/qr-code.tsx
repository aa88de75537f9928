interface QrCodeProps {
  /** As the server answers it. */
  readonly svg: string
  readonly label: string
}

/**
 * Draws a QR code. The page's policy lets no text become markup, and no image be made of text: so the dark squares are read
 * out of it, and nothing else.
 */
export function QrCode({ svg, label }: QrCodeProps) {
  const viewBox = /viewBox="([\d ]+)"/.exec(svg)?.[1]
  const squares = /<path [^>]*d="([MVHZmvhz\d ]+)"/.exec(svg)?.[1]
  return (
    <svg class="qr" viewBox={viewBox} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={squares} fill="#000" />
    </svg>
  )
}
