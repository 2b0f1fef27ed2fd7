/** The bytes of request bodies that this isolate holds at the moment; plain data. */
export type RoomMemory = { bytes: number }

/** Room for request bodies: an isolate has 128 MB for everybody, and a body is held until its answer has begun. */
export type BodyRoom = {
  /** @returns Whether there was room for a body of `held` bytes to be one of `bytes`; then they are taken. */
  grow(held: number, bytes: number): boolean
  give(bytes: number): void
}

/** A body is there twice while it is sent, so this is half of what it may cost. */
const ROOM_BYTES = 32 * 1024 * 1024

/** A body alone always fits, whatever `hugway.maxBodyBytes` allows: it is then the operator's choice. */
export function createBodyRoom(memory: RoomMemory): BodyRoom {
  return {
    grow(held, bytes) {
      const others = memory.bytes - held
      if (others > 0 && others + bytes > ROOM_BYTES) return false
      memory.bytes = others + bytes
      return true
    },
    give(bytes) {
      memory.bytes -= bytes
    },
  }
}
