/** The values that the server passes in the document. */
const { shop, passwordMinLength, maxAddresses, mail } = document.documentElement.dataset

export const page = {
  shop: shop ?? 'Marbelle',
  passwordMinLength: Number(passwordMinLength ?? 8),
  maxAddresses: Number(maxAddresses ?? 10),
  /** Where letters can be read; in development only. */
  mail: mail ?? null,
}
