/** A number as it is kept: E.164, without what people write between digits; 00 is +. */
export function tidyPhone(typed: string): string {
  return typed.replace(/[\s().-]/g, '').replace(/^00/, '+')
}
