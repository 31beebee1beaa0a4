// Makes the calls that it is told with axios, one JSON object a line, and writes what came back in the same way.
const axios = require("axios");
const readline = require("readline");

async function call({ method, url, headers, json, form, auth }) {
  const data = form ? new URLSearchParams(form) : json;
  try {
    return await axios({ method, url, headers, data, auth, proxy: false });
  } catch (error) {
    if (!error.response) throw error;
    return error.response;
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { status, headers, data } = await call(JSON.parse(line));
    process.stdout.write(JSON.stringify({ status, headers, body: data }) + "\n");
  }
})();
