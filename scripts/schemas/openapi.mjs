import { HEADERS, PARAMETERS, SCHEMAS } from './openapi-parts.mjs'

const schema = (name) => ({ $ref: `#/components/schemas/${name}` })
const json = (name) => ({ 'application/json': { schema: schema(name) } })
const headers = (...names) => Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
const ID = { $ref: '#/components/parameters/Id' }
const IF_MATCH = { $ref: '#/components/parameters/IfMatch' }
const query = (name, description, type = { type: 'string' }) => ({ name, in: 'query', description, schema: type })

const body = (name, types = ['application/json'], required = true) => ({
  required,
  content: Object.fromEntries(types.map((type) => [type, { schema: schema(name) }])),
})

/** A route: its summary, its answer when all goes well, and the statuses of its errors. */
function route(summary, status, description, content, errors, more = {}) {
  const { answerHeaders = [], security, ...rest } = more
  const ok = { description, ...(content && { content }), headers: headers('x-request-id', ...answerHeaders) }
  const failed = errors.map((code) => [code, { $ref: '#/components/responses/Error' }])
  return { summary, ...(security && { security }), ...rest, responses: { [status]: ok, ...Object.fromEntries(failed) } }
}

const open = { security: [] }
const client = { security: [{ clientKey: [] }], answerHeaders: ['x-hugway-config'] }
const admin = { security: [{ adminToken: [] }], answerHeaders: ['x-hugway-config'] }
const config = { ...admin, answerHeaders: ['x-hugway-config', 'ETag'] }
const edit = (requestBody) => ({ ...config, parameters: [IF_MATCH], requestBody })
const DOCUMENT = ['application/json', 'application/json5']
const PATCH = { required: true, content: { 'application/merge-patch+json': {}, 'application/json': {} } }
const CHAT_OK = { ...json('ChatCompletion'), 'text/event-stream': { schema: { type: 'string' } } }
const ANY_JSON = { 'application/json': { schema: { type: 'object' } } }

const COMPLETION_ERRORS = [400, 401, 402, 403, 404, 413, 415, 429, 502, 503, 504]
/** What the three ways to ask for a completion share. */
const completion = {
  ...client,
  answerHeaders: ['x-hugway-config', 'x-hugway-target', 'x-hugway-dropped-tools'],
  parameters: [
    {
      name: 'x-hugway-fallback',
      in: 'header',
      description: '`off`: the model asked for and no other.',
      schema: { type: 'string', enum: ['on', 'off'] },
    },
    {
      name: 'x-hugway-rehearse',
      in: 'header',
      description: 'A fault for the first upstream call: `429`, `cut:N`, `stall:N`, `error:N`. In the console only.',
      schema: { type: 'string' },
    },
    {
      name: 'traceparent',
      in: 'header',
      description: 'W3C Trace Context: the trace goes on here and at the router, where traces are exported.',
      schema: { type: 'string' },
    },
  ],
}
const CLIENT_OR_API_KEY = [{ clientKey: [] }, { apiKey: [] }]

const PATHS = {
  '/v1/chat/completions': {
    post: route('Complete a chat', 200, 'The completion, or its stream', CHAT_OK, COMPLETION_ERRORS, {
      ...completion,
      requestBody: body('ChatRequest'),
    }),
  },
  '/v1/responses': {
    post: route(
      'Complete a turn, as OpenAI’s Responses API has it',
      200,
      'The response, or its events',
      { ...json('Response'), 'text/event-stream': { schema: { type: 'string' } } },
      COMPLETION_ERRORS,
      { ...completion, requestBody: body('ResponsesRequest') },
    ),
  },
  '/v1/messages': {
    post: route(
      'Complete a turn, as Anthropic’s Messages API has it; errors have that API’s envelope',
      200,
      'The message, or its events',
      { ...json('Message'), 'text/event-stream': { schema: { type: 'string' } } },
      COMPLETION_ERRORS,
      { ...completion, security: CLIENT_OR_API_KEY, requestBody: body('MessagesRequest') },
    ),
  },
  '/v1/messages/count_tokens': {
    post: route(
      'Estimate the tokens of a request; asks nobody',
      200,
      'The estimate',
      json('TokenCount'),
      [400, 401, 413],
      {
        ...client,
        security: CLIENT_OR_API_KEY,
        requestBody: body('MessagesRequest'),
      },
    ),
  },
  '/v1/route/explain': {
    post: route(
      'Tell what would become of a chat, without asking anybody',
      200,
      'The route, and why',
      json('RouteExplanation'),
      [400, 401, 404, 413, 503],
      { ...client, requestBody: body('ChatRequest') },
    ),
  },
  '/v1/models': { get: route('List the models', 200, 'The list', json('ModelList'), [401, 503], client) },
  '/v1/models/{model}': {
    get: route('Look a model up', 200, 'The model', json('Model'), [400, 401, 404, 503], {
      ...client,
      parameters: [
        {
          name: 'model',
          in: 'path',
          required: true,
          description: 'A ref, whose slashes may be raw, or an alias.',
          schema: { type: 'string' },
        },
      ],
    }),
  },
  '/': { get: route('Tell what this is; a browser gets a page', 200, 'Where everything is', json('Root'), [], open) },
  '/v1/key': {
    get: route('Tell a caller its own bounds', 200, 'Budgets, spend, limits', json('OwnKey'), [401, 503], client),
  },
  '/health': { get: route('Tell whether the deployment can serve', 200, 'Its state', json('Health'), [], open) },
  '/schema/config.json': {
    get: route('JSON Schema of the configuration', 200, 'The schema', ANY_JSON, [], open),
  },
  '/openapi.json': { get: route('This document', 200, 'The document', ANY_JSON, [], open) },
  '/admin/session': {
    get: route(
      'Tell who is signed in to the console',
      200,
      'The session, if there is one',
      json('SessionState'),
      [],
      open,
    ),
    post: route(
      'Sign in to the console',
      201,
      'The session; its cookie is set',
      json('SessionState'),
      [400, 401, 403, 503],
      { ...open, requestBody: body('SignIn') },
    ),
    delete: route('Sign out', 200, 'No session; its cookie is removed', json('SessionState'), [403], open),
  },
  '/admin/config': {
    get: route(
      'Read the configuration',
      200,
      'The document in use; as it was written with `Accept: application/json5`',
      json('Config'),
      [401, 503],
      config,
    ),
    put: route('Replace it', 200, 'The document as stored', json('WrittenConfig'), [400, 401, 412, 413, 503], {
      ...edit(body('Config', DOCUMENT)),
    }),
    patch: route(
      'Merge a patch into it (RFC 7396)',
      200,
      'The document as stored',
      json('WrittenConfig'),
      [400, 401, 412, 413, 415, 503],
      {
        ...edit(PATCH),
      },
    ),
  },
  '/admin/config/validate': {
    post: route('Check a document; writes nothing', 200, 'It is good', json('Valid'), [400, 401, 413], {
      ...admin,
      requestBody: body('Config', DOCUMENT),
      parameters: [
        query('replay', '`1`: tell what it would change for the latest requests.', { type: 'string', enum: ['1'] }),
        query('last', 'As many of them.', { type: 'integer', minimum: 1, maximum: 1_000, default: 200 }),
      ],
    }),
  },
  '/admin/config/what-if': {
    post: route(
      'Explain the route of a request by a document that is not stored',
      200,
      'What would be done',
      ANY_JSON,
      [400, 401, 413],
      { ...admin, requestBody: body('WhatIf') },
    ),
  },
  '/admin/config/versions': {
    get: route('List the versions, newest first', 200, 'A page of them', json('VersionList'), [400, 401, 503], {
      ...admin,
      parameters: [
        query('limit', 'At most so many.', { type: 'integer', minimum: 1, maximum: 100, default: 20 }),
        query('before', 'Only versions older than this one.'),
      ],
    }),
  },
  '/admin/config/versions/{id}': {
    get: route('Read a version', 200, 'The version', json('Version'), [401, 404, 503], { ...admin, parameters: [ID] }),
  },
  '/admin/config/rollback': {
    post: route(
      'Make an old document the newest version',
      200,
      'The document as stored',
      json('Config'),
      [400, 401, 404, 412, 503],
      {
        ...edit(body('Rollback')),
      },
    ),
  },
  '/admin/keys': {
    get: route('List the client keys', 200, 'The keys, newest first', json('KeyList'), [401, 503], admin),
    post: route('Make a client key', 201, 'The key, shown only here', json('CreatedKey'), [400, 401, 503], {
      ...admin,
      requestBody: body('NewKey'),
    }),
  },
  '/admin/keys/{id}': {
    patch: route(
      'Change a key, whose secret stays; null takes a bound away',
      200,
      'The key',
      json('Key'),
      [400, 401, 404, 409, 503],
      { ...admin, parameters: [ID], requestBody: body('ChangeKey') },
    ),
    delete: route('Revoke a key', 200, 'The key', json('Key'), [401, 404, 503], { ...admin, parameters: [ID] }),
  },
  '/admin/keys/{id}/rotate': {
    post: route(
      'Make a key in place of another',
      201,
      'The new key, shown only here',
      json('RotatedKey'),
      [400, 401, 404, 409, 503],
      {
        ...admin,
        parameters: [ID],
        requestBody: body('RotateKey', ['application/json'], false),
      },
    ),
  },
  '/admin/projects': {
    get: route('List the projects', 200, 'The projects, and how they stand', json('ProjectList'), [401, 503], admin),
  },
  '/admin/projects/{id}': {
    get: route('Read a project', 200, 'The project', json('Project'), [401, 404, 503], { ...admin, parameters: [ID] }),
  },
  '/admin/usage': {
    get: route(
      'Tell who spent what',
      200,
      'Sums by what was asked',
      { ...json('UsageReport'), 'text/csv': { schema: { type: 'string' } } },
      [400, 401, 503],
      {
        ...admin,
        parameters: [
          query('from', 'A day or a time in ISO 8601; 30 days before `to` by default. Whole hours.'),
          query('to', 'The same, not in it; now by default.'),
          query(
            'by',
            'Of hour (35 days at most), day, project, key, model, provider, surface, user, with commas between them.',
          ),
          query('project', 'This project alone.'),
          query('key', 'This key alone, by its `ledgerId`.'),
          query('format', 'How.', { type: 'string', enum: ['json', 'csv'], default: 'json' }),
        ],
      },
    ),
  },
  '/admin/requests': {
    get: route('List the latest completions', 200, 'A page of them', json('UsageRequestPage'), [400, 401, 503], {
      ...admin,
      parameters: [
        query('limit', 'At most so many.', { type: 'integer', minimum: 1, maximum: 200, default: 50 }),
        query('before', 'The `next` of the page before.'),
        query('project', 'Of this project.'),
        query('key', 'Of this key, by its `ledgerId`.'),
        query('model', 'That this ref answered.'),
        query('end', 'That ended so.'),
      ],
    }),
  },
  '/metrics': {
    get: route(
      'Counters for Prometheus',
      200,
      'Its text format',
      { 'text/plain': { schema: { type: 'string' } } },
      [401, 503],
      admin,
    ),
  },
  '/admin/catalog': {
    get: route('Report on the model list', 200, 'Its age and source', json('Catalog'), [401, 503], admin),
  },
  '/admin/catalog/refresh': {
    post: route(
      'Ask the router for its list now',
      200,
      'The new list',
      json('RefreshedCatalog'),
      [401, 502, 503],
      admin,
    ),
  },
  '/admin/catalog/drift': {
    get: route(
      'Tell what changed in the list',
      200,
      'The last change, and what it broke',
      json('Drift'),
      [401, 503],
      admin,
    ),
  },
  '/admin/scoreboard': {
    get: route(
      'Report on what was seen of the providers',
      200,
      'A row a provider',
      json('Scoreboard'),
      [401, 503],
      admin,
    ),
  },
  '/admin/targets': {
    get: route('Report on the targets’ health', 200, 'Their breakers', json('Targets'), [401, 503], admin),
  },
}

/** Assembles the OpenAPI document of everything that the Worker serves. */
export function createOpenApi(version) {
  const bearer = (description) => ({ type: 'http', scheme: 'bearer', description })
  return {
    openapi: '3.1.0',
    info: {
      title: 'hugway',
      version,
      summary: 'OpenAI-compatible gateway in front of Hugging Face’s router',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths: PATHS,
    components: {
      securitySchemes: {
        clientKey: bearer('HUGWAY_API_KEY, or a key made by POST /admin/keys'),
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-api-key',
          description: 'The same keys, where clients of the Messages API have them',
        },
        adminToken: bearer('HUGWAY_ADMIN_TOKEN'),
      },
      schemas: SCHEMAS,
      headers: HEADERS,
      parameters: PARAMETERS,
      responses: {
        Error: {
          description: 'What was refused or failed, in OpenAI’s envelope',
          content: json('Error'),
          headers: headers('x-request-id'),
        },
      },
    },
  }
}
