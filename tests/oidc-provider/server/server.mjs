// An authorization server for tests: oidc-provider on a loopback port, set up by a JSON file.
//
//   node server.mjs configuration.json
//
// It prints `ready` once it listens. What it issued it remembers until it ends; its keys it keeps.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { json } from 'node:stream/consumers';

import { Provider, errors } from 'oidc-provider';

const { port, keyFolder, keys, clients, resources, signsIntrospection, wantsNonces, tls } =
  JSON.parse(readFileSync(process.argv[2], 'utf8'));
const issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;

const KINDS = {
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
  PS256: ['rsa', { modulusLength: 2048 }],
  RS256: ['rsa', { modulusLength: 2048 }],
};

/** The private key of this name, made by the first server that needs it. */
function signingKey({ kid, alg }) {
  const file = `${keyFolder}/${kid}.json`;
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync(...KINDS[alg]);
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
    writeFileSync(file, JSON.stringify(jwk), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** What a token for this resource looks like (RFC 8707). */
function resourceServer(indicator) {
  const resource = resources[indicator];
  if (!resource) throw new errors.InvalidTarget();
  const { scope, format, alg } = resource;
  return {
    scope,
    accessTokenFormat: format,
    jwt: format === 'jwt' ? { sign: { alg } } : undefined,
  };
}

/** Whether the certificate is for the subject or the name that the client registered. */
function subjectMatches(certificate, property, expected) {
  if (property === 'tls_client_auth_subject_dn') {
    return certificate.subject.split('\n').reverse().join(',') === expected;
  }
  const kind = { tls_client_auth_san_dns: 'DNS', tls_client_auth_san_uri: 'URI' }[property];
  return certificate.subjectAltName?.split(', ').includes(`${kind}:${expected}`) ?? false;
}

const scopes = Object.values(resources).flatMap(({ scope }) => scope.split(' '));

const certificateOf = (ctx) => ctx.socket.getPeerX509Certificate?.();

const provider = new Provider(issuer, {
  clients,
  jwks: { keys: keys.map(signingKey) },
  clientDefaults: { id_token_signed_response_alg: keys[0].alg },
  clientAuthMethods: [
    'none',
    'client_secret_basic',
    'client_secret_post',
    'client_secret_jwt',
    'private_key_jwt',
    ...(tls ? ['tls_client_auth', 'self_signed_tls_client_auth'] : []),
  ],
  scopes: ['openid', 'offline_access', ...new Set(scopes)],
  enabledJWA: { introspectionSigningAlgValues: ['HS256', ...Object.keys(KINDS)] },
  cookies: { keys: ['there are no browsers here'] },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  ttl: { AccessToken: 300, ClientCredentials: 300, Grant: 600, IdToken: 300, RefreshToken: 600 },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => wantsNonces },
    encryption: { enabled: true },
    introspection: { enabled: true },
    jwtIntrospection: { enabled: signsIntrospection },
    mTLS: {
      enabled: Boolean(tls),
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      tlsClientAuth: true,
      getCertificate: certificateOf,
      certificateAuthorized: (ctx) => ctx.socket.authorized,
      certificateSubjectMatches: (ctx, property, expected) =>
        subjectMatches(certificateOf(ctx), property, expected),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, indicator) => resourceServer(indicator),
    },
    revocation: { enabled: true },
  },
});

// What the log of a run shows of a failure.
provider.on('server_error', (ctx, error) => console.error(error));

/** What a user's consent in a browser would have left: a grant with a refresh token. */
async function consent({ user, client_id, resource, scope }) {
  const client = await provider.Client.find(client_id);
  const grant = new provider.Grant({ accountId: user, clientId: client_id });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope(resource, scope);
  const refreshToken = new provider.RefreshToken({
    accountId: user,
    client,
    grantId: await grant.save(),
    gty: 'authorization_code',
    resource,
    scope: `openid offline_access ${scope}`,
  });
  return { refresh_token: await refreshToken.save() };
}

const respond = provider.callback();

async function listener(request, response) {
  if (request.url !== '/control/consents') return respond(request, response);
  const answer = await consent(await json(request));
  return response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
}

const server = tls
  ? https.createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, listener)
  : http.createServer(listener);
process.on('SIGTERM', () => process.exit());
server.listen(port, '127.0.0.1', () => console.log('ready'));
