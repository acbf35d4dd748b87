"use strict";
// Drives Salesforce's own client (@jsforce/jsforce-node) against any server that speaks its API.
//
//     COMEBACK_CRM_KEY="$(cat key.pem)" COMEBACK_JSFORCE=FOLDER node salesforce_client.js BASE_URL ACTION < arguments.json
//
// FOLDER has node_modules. Every action signs in by OAuth 2.0's JWT bearer flow first, with the arguments' client_id and
// user. Actions: token (who was signed in), identity (the same, asked), global (names of all kinds), several (made at once),
// query, search, find (by conditions, which the client writes as SOQL), count,
// create, retrieve, update, destroy, describe (names of fields), limits, all (every page of a query); many (a list of
// [action, arguments], each of whose answers is a value or {"error": CODE}).
// Prints one JSON value. An answer that the client takes for an error is printed as {"error": CODE} and ends with 1;
// anything else that goes wrong ends with 2.

const { createSign } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

function assertion(asked, audience) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = asked.now + 120;
  const said = `${part({ alg: "RS256" })}.${part({ iss: asked.client_id, sub: asked.user, aud: audience, exp })}`;
  return `${said}.${createSign("RSA-SHA256").update(said).sign(process.env.COMEBACK_CRM_KEY, "base64url")}`;
}

const plain = (value) => JSON.parse(JSON.stringify(value));

async function run(connection, action, asked) {
  const kind = asked.kind && connection.sobject(asked.kind);
  switch (action) {
    case "token":
      return { instance: connection.instanceUrl, user: connection.userInfo.id };
    case "identity": {
      const signed = await connection.identity();
      delete connection.userInfo;
      const found = await connection.identity();
      return { user: signed.user_id, name: signed.username, again: found.user_id, organisation: found.organization_id };
    }
    case "global":
      return (await connection.describeGlobal()).sobjects.map((kind) => kind.name);
    case "several":
      return plain(await kind.create(asked.records, { allOrNone: asked.allOrNone }));
    case "query":
      return plain(await connection.query(asked.soql));
    case "all":
      return plain(await connection.query(asked.soql, { autoFetch: true, maxFetch: 10000 })).records;
    case "search":
      return plain(await connection.search(asked.sosl)).searchRecords;
    case "find":
      return plain(await kind.find(asked.conditions, asked.fields).sort(asked.sort).limit(10));
    case "count":
      return await kind.count(asked.conditions);
    case "create":
      return plain(await kind.create(asked.fields));
    case "retrieve":
      return plain(await kind.retrieve(asked.id));
    case "update":
      return plain(await kind.update({ Id: asked.id, ...asked.fields }));
    case "destroy":
      return plain(await kind.destroy(asked.id));
    case "describe":
      return (await kind.describe()).fields.map((field) => field.name);
    case "limits":
      await connection.query("SELECT Id FROM User LIMIT 1");
      return { info: connection.limitInfo.apiUsage, told: await connection.limits() };
    default:
      throw new Error(`no such action: ${action}`);
  }
}

async function one(Connection, baseUrl, action, asked) {
  const connection = new Connection({ loginUrl: baseUrl, version: asked.version ?? "62.0" });
  try {
    await connection.authorize({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: assertion(asked, asked.audience ?? baseUrl),
    });
    return await run(connection, action, asked);
  } catch (error) {
    const code = error.errorCode ?? error.name;
    if (!/^[A-Z][A-Z_]+$|^[a-z_]+$/.test(code)) throw error;
    return { error: code };
  }
}

async function main() {
  const [baseUrl, action] = process.argv.slice(2);
  const asked = JSON.parse(readFileSync(0, "utf8"));
  const { Connection } = createRequire(join(process.env.COMEBACK_JSFORCE, "package.json"))("@jsforce/jsforce-node");
  const answers = [];
  for (const [action_, more] of action === "many" ? asked.calls : [[action, {}]]) {
    answers.push(await one(Connection, baseUrl, action_, { ...asked, ...more }));
  }
  const told = action === "many" ? answers : answers[0];
  process.stdout.write(JSON.stringify(told));
  process.exitCode = told?.error ? 1 : 0;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 2;
});
