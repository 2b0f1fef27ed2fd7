import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { routerModels } from './router-models.ts'
import { eventText, lastEvents, type Shape, WHOLE_ANSWER } from './shape.ts'

/**
 * The upstream of the benchmark, a process of its own: as little work as Node can do for a request. `PUT /shape` says
 * how it answers from now on, `GET /seen` what it has been asked since the last time.
 */
let shape: Shape = { kind: 'whole' }
let seen = { requests: 0, bodyBytes: 0, events: 0 }
const models = Buffer.from(JSON.stringify(routerModels()))

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    if (request.url === '/seen') sayWhatWasSeen(response)
    else answerWhole(response, models)
    return
  }
  let bytes = 0
  const isControl = request.method === 'PUT'
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => {
    bytes += piece.byteLength
    if (isControl) pieces.push(piece)
  })
  request.on('end', () => {
    if (isControl) {
      shape = JSON.parse(Buffer.concat(pieces).toString()) as Shape
      response.end()
      return
    }
    seen.requests++
    seen.bodyBytes += bytes
    answer(request, response, shape)
  })
})

function answer(request: IncomingMessage, response: ServerResponse, how: Shape): void {
  if (how.kind === 'whole') {
    answerWhole(response, WHOLE_ANSWER)
    return
  }
  const { events, paceMs, provider } = how
  request.socket.setNoDelay(true)
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    ...(provider !== undefined && { 'x-inference-provider': provider }),
  })
  let sent = 0
  // Each event is a write of its own, and so a packet of its own, when its time has come.
  const timer = setInterval(send, paceMs)
  response.once('close', () => clearInterval(timer))
  send()
  function send(): void {
    if (sent < events) {
      response.write(eventText(sent++))
      seen.events++
      return
    }
    clearInterval(timer)
    response.end(lastEvents(events))
  }
}

function answerWhole(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.byteLength })
  response.end(body)
}

function sayWhatWasSeen(response: ServerResponse): void {
  answerWhole(response, Buffer.from(JSON.stringify(seen)))
  seen = { requests: 0, bodyBytes: 0, events: 0 }
}

server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', 4_096, () => {
  process.send?.({ port: (server.address() as AddressInfo).port }) // a TCP server that listens has one
})
process.on('disconnect', () => process.exit())
