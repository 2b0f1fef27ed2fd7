import { buildCatalog, type Catalog } from '../core/catalog/catalog.ts'
import type { RouterModel } from '../core/catalog/router-model.ts'
import type { Config } from '../core/config/config.ts'

/** The catalog that was built last, and what of; plain data. */
export type CatalogInUseMemory = {
  catalog?: Catalog
  config?: Config
  models?: readonly RouterModel[] | undefined
}

/** The one catalog of the isolate: the model list, context lengths and routing all look into it. */
export type CatalogInUse = {
  /**
   * The catalog of these inputs; the very same object while they do not change.
   *
   * @param models The router's list; `undefined` where there is none to be had.
   */
  of(config: Config, models: readonly RouterModel[] | undefined): Catalog
}

export function createCatalogInUse(memory: CatalogInUseMemory): CatalogInUse {
  return {
    of(config, models) {
      if (memory.catalog && memory.config === config && memory.models === models) return memory.catalog
      const catalog = buildCatalog(models, config)
      Object.assign(memory, { catalog, config, models })
      return catalog
    },
  }
}
