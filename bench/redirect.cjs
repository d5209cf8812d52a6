// Leads connections to Mixpanel to a port of this machine; certificates are checked for the name as ever.
const tls = require('node:tls');
const connect = tls.connect;
tls.connect = (options, ...rest) =>
  connect(
    { ...options, servername: 'api.mixpanel.com', host: '127.0.0.1', port: Number(process.env.BENCH_PORT) },
    ...rest,
  );
