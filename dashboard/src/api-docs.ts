/** The page at /api/docs: the server's own OpenAPI document, shown by Swagger UI from our own files. */
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js'
import 'swagger-ui-dist/swagger-ui.css'

SwaggerUI({
  dom_id: '#docs',
  url: '/api/openapi.json',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  // Its default sends the document to a service elsewhere.
  validatorUrl: null,
})
