interface QrCodeProps {
  /** The SVG as returned by the server. */
  readonly svg: string
  readonly label: string
}

/**
 * Draws a QR code. The page's policy forbids making markup or images from text, so only the dark squares are read from
 * it.
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
