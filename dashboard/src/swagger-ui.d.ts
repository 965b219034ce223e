/** The part of Swagger UI that `api-docs.ts` uses; the package brings no types of its own. */
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  interface Options {
    readonly dom_id: string
    readonly url: string
    readonly deepLinking: boolean
    readonly docExpansion: 'list' | 'full' | 'none'
    readonly defaultModelsExpandDepth: number
    readonly validatorUrl: string | null
  }
  export default function SwaggerUI(options: Options): void
}
