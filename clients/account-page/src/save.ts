/** Gives the user a file to save. */
export function save(name: string, type: string, content: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }))
  link.download = name
  link.click()
  // Once the browser has started to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
