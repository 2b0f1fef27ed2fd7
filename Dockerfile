# Serves hugway on a machine of your own, without Cloudflare: see docs/self-hosting.md.
FROM node:24-bookworm-slim
WORKDIR /app
ENV WRANGLER_SEND_METRICS=false

# Packages first: they change less often than the code.
COPY package.json package-lock.json .npmrc ./
COPY scripts ./scripts
RUN npm ci --no-audit --no-fund

COPY . .
RUN npm run build && mkdir /data && chown node /data

USER node
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s CMD \
  ["node", "-e", "fetch('http://127.0.0.1:8787/health').then(async (r) => process.exit((await r.json()).status === 'not_configured' ? 1 : 0), () => process.exit(1))"]
CMD ["node", "src/cli/serve.ts", "--host", "0.0.0.0", "--data", "/data", "--bundle", "dist/worker.js"]
