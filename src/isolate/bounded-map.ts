/** Sets a value and makes its key the latest one; over `max` entries the key that was not set for longest goes. */
export function setBounded<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  map.delete(key) // so that the order of the map is that of use
  map.set(key, value)
  if (map.size > max) map.delete(map.keys().next().value ?? '')
}
