"""Drives HubSpot's own client against any server that speaks its API.

    COMEBACK_API_KEY=pat-... python hubspot_client.py BASE_URL ACTION < arguments.json

Actions: find (contacts by filters), query (contacts by a text), page (a page of contacts), whole (a contact with its
history and what hangs on it), make (several contacts at once), associated (what hangs on a record), log (a
communication), task, done (completes a task), read (one record), owners (those that left too), deals (a batch with the
history of their stages), kinds (of association), sign (the signature of a webhook, version 3, by HubSpot's helper).
Prints one JSON value. An answer that the client takes for an error is printed as {"error": {"status", "category"}} and
ends with 1; anything else that goes wrong ends with 2.
"""

import json
import sys

from common import read_stdin, secret
from hubspot import HubSpot
from hubspot.crm import contacts, deals
from hubspot.crm.objects import communications, tasks
from hubspot.utils.signature import Signature


def plain(record) -> dict:
    return {"id": record.id, "properties": record.properties}


def associations(module, ends: list) -> list:
    return [
        module.PublicAssociationsForObject(
            to=module.PublicObjectId(id=id),
            types=[module.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=kind)],
        )
        for id, kind in ends
    ]


def run(client: HubSpot, action: str, asked: dict):
    if action == "find":
        groups = [{"filters": [f]} for f in asked["filters"]]
        request = contacts.PublicObjectSearchRequest(
            filter_groups=groups, properties=asked["properties"], sorts=["hs_object_id"], limit=100, after="0"
        )
        found = client.crm.contacts.search_api.do_search(request)
        return {"total": found.total, "results": [plain(r) for r in found.results]}
    if action == "query":
        # What is left out is not sent: HubSpot takes the usual.
        request = contacts.PublicObjectSearchRequest(query=asked["query"], properties=["firstname"])
        return [r.properties["firstname"] for r in client.crm.contacts.search_api.do_search(request).results]
    if action == "page":
        return [plain(r) for r in client.crm.contacts.basic_api.get_page(**asked).results]
    if action == "whole":
        record = client.crm.contacts.basic_api.get_by_id(
            asked["id"], properties_with_history=["phone"], associations=["companies", "deals"]
        )
        ends = {to: [[end.id, end.type] for end in all.results] for to, all in (record.associations or {}).items()}
        return {"phones": [v.value for v in record.properties_with_history["phone"]], "ends": ends}
    if action == "make":
        one = contacts.SimplePublicObjectBatchInputForCreate
        inputs = [one(properties=properties, associations=[]) for properties in asked["people"]]
        batch = contacts.BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs)
        return [plain(r) for r in client.crm.contacts.batch_api.create(batch).results]
    if action == "associated":
        page = client.crm.associations.v4.basic_api.get_page(asked["kind"], asked["id"], asked["to"])
        return [{"id": str(r.to_object_id), "types": [t.type_id for t in r.association_types]} for r in page.results]
    if action == "kinds":
        page = client.crm.associations.v4.schema.definitions_api.get_all(asked["from"], asked["to"])
        return [{"id": r.type_id, "category": r.category, "label": r.label} for r in page.results]
    if action == "log":
        made = communications.SimplePublicObjectInputForCreate(
            properties=asked["properties"], associations=associations(communications, asked["on"])
        )
        return plain(client.crm.objects.communications.basic_api.create(made))
    if action == "task":
        made = tasks.SimplePublicObjectInputForCreate(
            properties=asked["properties"], associations=associations(tasks, asked["on"])
        )
        return plain(client.crm.objects.tasks.basic_api.create(made))
    if action == "done":
        change = tasks.SimplePublicObjectInput(properties={"hs_task_status": "COMPLETED"})
        return plain(client.crm.objects.tasks.basic_api.update(asked["id"], change))
    if action == "read":
        api = getattr(client.crm.objects, asked["kind"]).basic_api
        return plain(api.get_by_id(asked["id"], properties=asked["properties"]))
    if action == "owners":
        pages = [client.crm.owners.owners_api.get_page(limit=100, archived=archived) for archived in (False, True)]
        return [{"id": o.id, "email": o.email, "archived": o.archived} for p in pages for o in p.results]
    if action == "deals":
        batch = deals.BatchReadInputSimplePublicObjectId(
            inputs=[{"id": id} for id in asked["ids"]],
            properties=["dealname", "dealstage", "amount"],
            properties_with_history=["dealstage"],
        )
        read = client.crm.deals.batch_api.read(batch)
        stages = lambda r: [v.value for v in r.properties_with_history["dealstage"]]  # noqa: E731
        return [{**plain(r), "stages": stages(r)} for r in read.results]
    if action == "pipelines":
        page = client.crm.pipelines.pipelines_api.get_all("deals")
        return [{"id": p.id, "stages": [[s.id, s.metadata["isClosed"]] for s in p.stages]} for p in page.results]
    raise ValueError(f"no such action: {action}")


def main() -> None:
    base_url, action = sys.argv[1:]
    asked = json.loads(read_stdin())
    if action == "sign":
        key = secret("COMEBACK_API_KEY")
        signed = Signature.get_signature(key, asked["body"], "v3", asked["url"], "POST", asked["time"])
        print(json.dumps(signed))
        return
    client = HubSpot(access_token=secret("COMEBACK_API_KEY"), host=base_url)
    try:
        print(json.dumps(run(client, action, asked)))
    except Exception as e:  # noqa: BLE001
        # Each part of the library has a class of its own for what is refused.
        if type(e).__name__ not in ("ApiException", "NotFoundException", "UnauthorizedException", "ForbiddenException"):
            raise
        category = json.loads(e.body).get("category") if e.body else None
        print(json.dumps({"error": {"status": e.status, "category": category}}))
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except Exception as e:  # noqa: BLE001
        print(repr(e), file=sys.stderr)
        sys.exit(2)
