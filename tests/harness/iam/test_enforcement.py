"""An endpoint that enforces: users, roles, sessions, buckets' and keys' policies, in the words of the services."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

from localaws.engines.endpoint import NO_PROXY
from localaws.errors import EndpointSettingError
from localaws.iam.setting import is_enforced

Clients = Callable[..., Any]
ACCOUNT = "123456789012"


def allow(actions: Any, resources: Any = "*", **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **({"Condition": condition} if condition else {})}


def deny(actions: Any, resources: Any = "*", **condition: Any) -> dict[str, Any]:
    return {**allow(actions, resources, **condition), "Effect": "Deny"}


def policy_of(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def denied(call: Callable[..., Any], **parameters: Any) -> tuple[str, str, int]:
    """The code, message and status of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["Error"].get("Message", ""), response["ResponseMetadata"]["HTTPStatusCode"]


def test_who_calls_is_known_from_the_access_key(user: Clients, role: Callable[..., str], operator: Clients, as_whom: Clients) -> None:
    ann = user("ann-calls", allow("sts:AssumeRole"))
    assert ann("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ann-calls"
    assert operator("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assumed = ann("sts").assume_role(RoleArn=role("calls"), RoleSessionName="night")
    session = as_whom(assumed["Credentials"])
    assert session("sts").get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/calls/night"
    assert assumed["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/calls/night"
    token = as_whom(ann("sts").get_session_token()["Credentials"])
    assert token("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ann-calls"


def test_a_session_makes_no_other_session(user: Clients, role: Callable[..., str], as_whom: Clients, endpoint: EndpointProcess) -> None:
    ann = user("ann-again", allow("sts:*"))("sts")
    tokens = {
        "get_session_token": {},
        "get_federation_token": {"Name": "someone", "Policy": policy_of(allow("*"))},
    }
    sessions = [
        ann.assume_role(RoleArn=role("again", allow("sts:*")), RoleSessionName="run"),
        ann.get_session_token(),
        ann.get_federation_token(Name="first", Policy=policy_of(allow("*"))),
    ]
    for session in sessions:
        for operation, parameters in tokens.items():
            code, message, status = denied(getattr(as_whom(session["Credentials"])("sts"), operation), **parameters)
            assert (code, status) == ("AccessDenied", 403)
            assert message == f"Cannot call {operation.title().replace('_', '')} with session credentials"
    nobody = f"{endpoint.url}/?Action=GetSessionToken&Version=2011-06-15&X-Amz-Credential=/20261123/us-east-1/sts/aws4_request"
    with pytest.raises(urllib.error.HTTPError) as refused:
        NO_PROXY.open(nobody, timeout=60)
    assert refused.value.code == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in refused.value.read()


def test_a_session_of_a_deleted_user_has_no_rights(as_whom: Clients, operator: Clients) -> None:
    iam, everything = operator("iam"), policy_of(allow("*"))

    def sessions() -> list[Any]:
        iam.create_user(UserName="ann-gone")
        iam.put_user_policy(UserName="ann-gone", PolicyName="own", PolicyDocument=everything)
        sts = as_whom(iam.create_access_key(UserName="ann-gone")["AccessKey"])("sts")
        return [
            as_whom(each["Credentials"]) for each in (sts.get_session_token(), sts.get_federation_token(Name="some", Policy=everything))
        ]

    operator("s3").create_bucket(Bucket="open-to-all")
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::open-to-all"}
    operator("s3").put_bucket_policy(Bucket="open-to-all", Policy=policy_of(everybody))
    first = sessions()
    for session in first:
        session("s3").list_buckets()
        session("s3").list_objects_v2(Bucket="open-to-all")
    for key in iam.list_access_keys(UserName="ann-gone")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="ann-gone", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="ann-gone", PolicyName="own")
    iam.delete_user(UserName="ann-gone")
    for session in first:
        assert denied(session("s3").list_buckets)[0] == "AccessDenied"
        assert denied(session("s3").list_objects_v2, Bucket="open-to-all")[0] == "AccessDenied"
    assert first[0]("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ann-gone"
    for session in sessions():
        session("s3").list_buckets()
    for session in first:
        assert denied(session("s3").list_buckets)[0] == "AccessDenied", "whoever has the name now is somebody else"


def test_a_session_of_a_deleted_role_has_no_rights(role: Callable[..., str], as_whom: Clients, operator: Clients) -> None:
    iam, sts = operator("iam"), operator("sts")
    arn = role("gone", allow("s3:*"))
    session = as_whom(sts.assume_role(RoleArn=arn, RoleSessionName="run")["Credentials"])("s3")
    session.list_buckets()
    iam.delete_role_policy(RoleName="gone", PolicyName="own")
    iam.delete_role(RoleName="gone")
    assert denied(session.list_buckets)[0] == "AccessDenied"
    assert role("gone", allow("s3:*")) == arn
    assert denied(session.list_buckets)[0] == "AccessDenied", "the role that has the name now is another one"


def test_a_boundary_of_a_user_is_refused_since_it_would_be_forgotten(operator: Clients) -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/none"
    code, message, _ = denied(operator("iam").create_user, UserName="bounded", PermissionsBoundary=boundary)
    assert code == "NotImplemented"
    assert "boundary of the user bounded is not kept here" in message


def test_a_user_without_policies_may_nothing(user: Clients, bucket: Callable[..., str]) -> None:
    nobody = user("nobody")
    name = bucket("closed", {"k": b"1"})
    code, message, status = denied(nobody("s3").get_object, Bucket=name, Key="k")
    assert (code, status) == ("AccessDenied", 403)
    assert message == (
        f'User: arn:aws:iam::{ACCOUNT}:user/nobody is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::closed/k" '
        "because no identity-based policy allows the s3:GetObject action"
    )
    code, message, status = denied(nobody("glue").get_job, JobName="load")
    assert (code, status) == ("AccessDeniedException", 400)
    assert message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/nobody is not authorized to perform: glue:GetJob on resource: "
        f"arn:aws:glue:us-east-1:{ACCOUNT}:job/load because no identity-based policy allows the glue:GetJob action"
    )
    assert denied(nobody("lambda").invoke, FunctionName="f")[::2] == ("AccessDeniedException", 403)
    assert denied(nobody("sns").create_topic, Name="t")[::2] == ("AuthorizationError", 403)
    assert denied(nobody("ec2").describe_vpcs)[::2] == ("UnauthorizedOperation", 403)
    assert denied(nobody("cloudwatch").put_metric_data, Namespace="Glue", MetricData=[{"MetricName": "m", "Value": 1}])[0].startswith(
        "AccessDenied"
    )
    assert nobody("sts").get_caller_identity()["Account"] == ACCOUNT


def test_a_role_reads_its_layer_and_no_other(user: Clients, role: Callable[..., str], bucket: Callable[..., str], as_whom: Clients) -> None:
    bucket("layer-landing", {"in/a.csv": b"a"}), bucket("layer-curated", {"t/a.parquet": b"b"})
    arn = role("ingest", allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::layer-landing", "arn:aws:s3:::layer-landing/*"]))
    ann = user("ann-layers", allow("sts:AssumeRole", arn))
    s3 = as_whom(ann("sts").assume_role(RoleArn=arn, RoleSessionName="run")["Credentials"])("s3")
    assert s3.get_object(Bucket="layer-landing", Key="in/a.csv")["Body"].read() == b"a"
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="layer-landing")["Contents"]] == ["in/a.csv"]
    assert denied(s3.get_object, Bucket="layer-curated", Key="t/a.parquet")[0] == "AccessDenied"
    assert denied(s3.list_objects_v2, Bucket="layer-curated")[0] == "AccessDenied"
    assert denied(s3.put_object, Bucket="layer-landing", Key="in/b.csv", Body=b"")[0] == "AccessDenied"
    assert denied(s3.head_object, Bucket="layer-curated", Key="t/a.parquet")[::2] == ("403", 403)
    assert denied(s3.copy_object, Bucket="layer-landing", Key="c", CopySource="layer-curated/t/a.parquet")[0] == "AccessDenied"


def test_conditions_of_s3_have_their_keys(user: Clients, bucket: Callable[..., str], operator: Clients) -> None:
    name = bucket("conditions", {"home/ann-conditions/x": b"1", "home/bob/x": b"2"})
    operator("s3").put_object(Bucket=name, Key="public", Body=b"3", Tagging="class=public")
    operator("s3").put_object(Bucket=name, Key="private", Body=b"4", Tagging="class=private")
    s3 = user(
        "ann-conditions",
        allow(
            "s3:ListBucket",
            f"arn:aws:s3:::{name}",
            StringLike={"s3:prefix": "home/${aws:username}/*"},
            NumericLessThanEquals={"s3:max-keys": "10"},
        ),
        allow("s3:GetObject", f"arn:aws:s3:::{name}/home/${{aws:username}}/*"),
        allow("s3:GetObject", f"arn:aws:s3:::{name}/*", StringEquals={"s3:ExistingObjectTag/class": "public"}),
        allow("s3:PutObject", f"arn:aws:s3:::{name}/*", StringEquals={"s3:x-amz-server-side-encryption": "AES256"}),
        deny("s3:PutObject", f"arn:aws:s3:::{name}/*", NotIpAddress={"aws:SourceIp": "127.0.0.0/8"}),
    )("s3")
    assert s3.list_objects_v2(Bucket=name, Prefix="home/ann-conditions/", MaxKeys=5)["KeyCount"] == 1
    assert denied(s3.list_objects_v2, Bucket=name, Prefix="home/ann-conditions/", MaxKeys=50)[0] == "AccessDenied"
    assert denied(s3.list_objects_v2, Bucket=name, Prefix="home/bob/", MaxKeys=5)[0] == "AccessDenied"
    assert denied(s3.list_objects_v2, Bucket=name)[0] == "AccessDenied"
    assert s3.get_object(Bucket=name, Key="home/ann-conditions/x")["Body"].read() == b"1"
    assert denied(s3.get_object, Bucket=name, Key="home/bob/x")[0] == "AccessDenied"
    assert s3.get_object(Bucket=name, Key="public")["Body"].read() == b"3"
    assert denied(s3.get_object, Bucket=name, Key="private")[0] == "AccessDenied"
    s3.put_object(Bucket=name, Key="new", Body=b"5", ServerSideEncryption="AES256")
    assert denied(s3.put_object, Bucket=name, Key="new", Body=b"5")[0] == "AccessDenied"


def test_what_is_missing_is_told_only_to_who_may_list(user: Clients, bucket: Callable[..., str]) -> None:
    name = bucket("missing")
    blind = user("ann-blind", allow("s3:GetObject", f"arn:aws:s3:::{name}/*"))("s3")
    seeing = user("ann-sees", allow(["s3:GetObject", "s3:ListBucket"], [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]))("s3")
    assert denied(blind.get_object, Bucket=name, Key="k")[::2] == ("AccessDenied", 403)
    assert denied(seeing.get_object, Bucket=name, Key="k")[::2] == ("NoSuchKey", 404)


def test_of_many_deletes_each_key_has_its_own_answer(user: Clients, bucket: Callable[..., str], operator: Clients) -> None:
    name = bucket("deletes", {"tmp/a": b"", "keep/b": b""})
    s3 = user("ann-deletes", allow("s3:DeleteObject", f"arn:aws:s3:::{name}/tmp/*"))("s3")
    answer = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "tmp/a"}, {"Key": "keep/b"}]})
    assert [each["Key"] for each in answer["Deleted"]] == ["tmp/a"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [("keep/b", "AccessDenied")]
    assert [each["Key"] for each in operator("s3").list_objects_v2(Bucket=name)["Contents"]] == ["keep/b"]


def test_a_bucket_s_policy_lets_in_and_keeps_out(
    user: Clients, bucket: Callable[..., str], operator: Clients, as_whom: Clients, endpoint: EndpointProcess
) -> None:
    name = bucket("guarded", {"open/a": b"1", "shut/b": b"2"})
    ann, bob = user("ann-guarded"), user("bob-guarded", allow("s3:*"))
    to_ann = {**allow("s3:GetObject", f"arn:aws:s3:::{name}/*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann-guarded"}}
    to_all = {**allow("s3:GetObject", f"arn:aws:s3:::{name}/open/*"), "Principal": "*"}
    not_bob = {**deny("s3:*", f"arn:aws:s3:::{name}/shut/*", StringEquals={"aws:username": "bob-guarded"}), "Principal": "*"}
    tls_only = {**deny("s3:*", [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"], Bool={"aws:SecureTransport": "false"}), "Principal": "*"}
    operator("s3").put_bucket_policy(Bucket=name, Policy=policy_of(to_ann, to_all, not_bob, tls_only))
    assert ann("s3").get_object(Bucket=name, Key="shut/b")["Body"].read() == b"2"
    assert denied(ann("s3").put_object, Bucket=name, Key="x", Body=b"")[0] == "AccessDenied"
    code, message, _ = denied(bob("s3").get_object, Bucket=name, Key="shut/b")
    assert code == "AccessDenied"
    assert message.endswith("with an explicit deny in a resource-based policy")
    root = as_whom({"AccessKeyId": "test", "SecretAccessKey": "test"})("s3")
    assert root.get_object(Bucket=name, Key="shut/b")["Body"].read() == b"2"
    unsigned = boto3.client("s3", endpoint_url=endpoint.url, region_name="us-east-1", config=Config(signature_version=UNSIGNED, proxies={}))
    assert unsigned.get_object(Bucket=name, Key="open/a")["Body"].read() == b"1"
    assert denied(unsigned.get_object, Bucket=name, Key="shut/b")[:2] == ("AccessDenied", "Access Denied")


def test_the_key_of_an_object_has_to_be_allowed_too(user: Clients, bucket: Callable[..., str], operator: Clients) -> None:
    key = operator("kms").create_key()["KeyMetadata"]
    name = bucket("encrypted")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["Arn"]}}
    operator("s3").put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    operator("s3").put_object(Bucket=name, Key="k", Body=b"1")
    objects = allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{name}/*")
    without = user("ann-keyless", objects)("s3")
    code, message, _ = denied(without.get_object, Bucket=name, Key="k")
    assert code == "AccessDenied"
    assert f'kms:Decrypt on resource: "{key["Arn"]}"' in message
    assert "kms:GenerateDataKey" in denied(without.put_object, Bucket=name, Key="k", Body=b"2")[1]
    reader = user("ann-decrypts", objects, allow("kms:Decrypt", key["Arn"]))("s3")
    assert reader.get_object(Bucket=name, Key="k")["Body"].read() == b"1"
    nobody = {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/of-the-key"}}
    operator("kms").put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=policy_of(nobody))
    assert "no resource-based policy allows the kms:Decrypt" in denied(reader.get_object, Bucket=name, Key="k")[1]


def test_glue_asks_for_the_catalog_the_database_and_the_table(user: Clients, operator: Clients) -> None:
    operator("glue").create_database(DatabaseInput={"Name": "lake"})
    operator("glue").create_table(DatabaseName="lake", TableInput={"Name": "orders"})
    operator("glue").create_table(DatabaseName="lake", TableInput={"Name": "salaries"})
    place = f"arn:aws:glue:us-east-1:{ACCOUNT}:"
    glue = user("ann-glue", allow("glue:GetTable", [f"{place}catalog", f"{place}database/lake", f"{place}table/lake/orders"]))("glue")
    assert glue.get_table(DatabaseName="lake", Name="orders")["Table"]["Name"] == "orders"
    assert f"{place}table/lake/salaries" in denied(glue.get_table, DatabaseName="lake", Name="salaries")[1]
    assert denied(glue.get_tables, DatabaseName="lake")[0] == "AccessDeniedException"
    only_table = user("ann-table", allow("glue:GetTable", f"{place}table/lake/orders"))("glue")
    assert f"on resource: {place}catalog" in denied(only_table.get_table, DatabaseName="lake", Name="orders")[1]


def test_tags_of_a_job_and_of_whoever_calls_decide(user: Clients, operator: Clients) -> None:
    job = {"Role": f"arn:aws:iam::{ACCOUNT}:role/r", "Command": {"Name": "glueetl", "ScriptLocation": "s3://b/k"}}
    operator("glue").create_job(Name="red-job", Tags={"team": "red"}, **job)
    operator("glue").create_job(Name="blue-job", Tags={"team": "blue"}, **job)
    glue = user(
        "ann-red",
        allow("glue:GetJob", StringEquals={"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}),
        Tags=[{"Key": "team", "Value": "red"}],
    )("glue")
    assert glue.get_job(JobName="red-job")["Job"]["Name"] == "red-job"
    assert denied(glue.get_job, JobName="blue-job")[0] == "AccessDeniedException"


def test_a_role_is_passed_only_by_who_may(user: Clients) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/powerful"
    job = {"Name": "passing", "Role": arn, "Command": {"Name": "glueetl", "ScriptLocation": "s3://b/k"}}
    assert f"iam:PassRole on resource: {arn}" in denied(user("ann-passes-not", allow("glue:*"))("glue").create_job, **job)[1]
    to_glue = allow("iam:PassRole", arn, StringEquals={"iam:PassedToService": "glue.amazonaws.com"})
    assert user("ann-passes", allow("glue:*"), to_glue)("glue").create_job(**job)["Name"] == "passing"


def test_an_item_is_whose_its_key_says(user: Clients, operator: Clients) -> None:
    operator("dynamodb").create_table(
        TableName="notes",
        KeySchema=[{"AttributeName": "who", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "who", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
    table = user("ann-notes", allow("dynamodb:*", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/notes", **own))("dynamodb")
    table.put_item(TableName="notes", Item={"who": {"S": "ann-notes"}, "n": {"N": "1"}})
    query = {"KeyConditionExpression": "who = :w", "ExpressionAttributeValues": {":w": {"S": "ann-notes"}}}
    assert table.query(TableName="notes", **query)["Count"] == 1
    assert denied(table.put_item, TableName="notes", Item={"who": {"S": "bob"}, "n": {"N": "1"}})[0] == "AccessDeniedException"
    others = {"KeyConditionExpression": "who = :w", "ExpressionAttributeValues": {":w": {"S": "bob"}}}
    assert denied(table.query, TableName="notes", **others)[0] == "AccessDeniedException"


def test_managed_policies_groups_boundaries_and_session_policies_count(
    user: Clients, role: Callable[..., str], bucket: Callable[..., str], operator: Clients, as_whom: Clients
) -> None:
    name, iam = bucket("kinds", {"k": b"1"}), operator("iam")
    managed = iam.create_policy(PolicyName="read-kinds", PolicyDocument=policy_of(allow("s3:*", f"arn:aws:s3:::{name}/*")))["Policy"]["Arn"]
    ann = user("ann-group")
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn=managed)
    assert denied(ann("s3").get_object, Bucket=name, Key="k")[0] == "AccessDenied"
    iam.add_user_to_group(GroupName="readers", UserName="ann-group")
    assert ann("s3").get_object(Bucket=name, Key="k")["Body"].read() == b"1"
    iam.create_policy_version(PolicyArn=managed, PolicyDocument=policy_of(allow("s3:PutObject")), SetAsDefault=True)
    assert denied(ann("s3").get_object, Bucket=name, Key="k")[0] == "AccessDenied"
    iam.remove_user_from_group(GroupName="readers", UserName="ann-group")

    boundary = iam.create_policy(PolicyName="reads", PolicyDocument=policy_of(allow("s3:Get*")))["Policy"]["Arn"]
    arn = role("bounded", allow("s3:*"), PermissionsBoundary=boundary)
    sts = user("ann-assumes", allow("sts:AssumeRole"))("sts")
    bounded = as_whom(sts.assume_role(RoleArn=arn, RoleSessionName="run")["Credentials"])("s3")
    assert bounded.get_object(Bucket=name, Key="k")["Body"].read() == b"1"
    assert denied(bounded.put_object, Bucket=name, Key="x", Body=b"")[1].endswith("no permissions boundary allows the s3:PutObject action")

    free = role("unbounded", allow("s3:*"))
    one = policy_of(allow("s3:GetObject", f"arn:aws:s3:::{name}/k"))
    session = as_whom(sts.assume_role(RoleArn=free, RoleSessionName="run", Policy=one)["Credentials"])("s3")
    assert session.get_object(Bucket=name, Key="k")["Body"].read() == b"1"
    assert denied(session.put_object, Bucket=name, Key="x", Body=b"")[1].endswith("no session policy allows the s3:PutObject action")


def test_a_role_is_assumed_only_by_whom_it_trusts(user: Clients, role: Callable[..., str]) -> None:
    ann, bob = user("ann-trusted"), user("bob-trusted", allow("sts:AssumeRole"))
    of_ann = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann-trusted"}}
    arn = role("of-ann", trust=of_ann)
    assert ann("sts").assume_role(RoleArn=arn, RoleSessionName="run")["Credentials"]["AccessKeyId"].startswith("ASIA")
    code, message, status = denied(bob("sts").assume_role, RoleArn=arn, RoleSessionName="run")
    assert (code, status) == ("AccessDenied", 403)
    assert message == f"User: arn:aws:iam::{ACCOUNT}:user/bob-trusted is not authorized to perform: sts:AssumeRole on resource: {arn}"
    assert denied(bob("sts").assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/none", RoleSessionName="run")[0] == "AccessDenied"
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "StringEquals": {"sts:ExternalId": "x-1"}}
    careful = role("careful", trust={**of_ann, "Condition": condition})
    assert denied(ann("sts").assume_role, RoleArn=careful, RoleSessionName="run")[0] == "AccessDenied"
    device = {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/ann-trusted", "TokenCode": "123456"}
    assert denied(ann("sts").assume_role, RoleArn=careful, RoleSessionName="run", **device)[0] == "AccessDenied"
    assert ann("sts").assume_role(RoleArn=careful, RoleSessionName="run", ExternalId="x-1", **device)["Credentials"]


def test_keys_that_nobody_issued_or_that_are_off_are_refused(as_whom: Clients, user: Clients, operator: Clients) -> None:
    stranger = as_whom({"AccessKeyId": "AKIA" + "Q" * 16, "SecretAccessKey": "x"})
    assert denied(stranger("s3").list_buckets)[0] == "InvalidAccessKeyId"
    assert denied(stranger("sts").get_caller_identity)[0] == "InvalidClientTokenId"
    assert denied(stranger("glue").get_jobs)[0] == "UnrecognizedClientException"
    ann = user("ann-off", allow("s3:*"))
    ann("s3").list_buckets()
    key = operator("iam").list_access_keys(UserName="ann-off")["AccessKeyMetadata"][0]["AccessKeyId"]
    operator("iam").update_access_key(UserName="ann-off", AccessKeyId=key, Status="Inactive")
    assert denied(ann("s3").list_buckets)[0] == "InvalidAccessKeyId"


def test_a_session_ends(as_whom: Clients, user: Clients, endpoint: EndpointProcess) -> None:
    credentials = user("ann-ends", allow("s3:*"))("sts").get_session_token()["Credentials"]
    session = as_whom(credentials)("s3")
    session.list_buckets()
    record = next((endpoint.home / "endpoint" / "sessions").glob(f"{credentials['AccessKeyId']}*"))
    record.write_text(json.dumps({**json.loads(record.read_text()), "expiration": 0}))
    assert denied(session.list_buckets)[:2] == ("ExpiredToken", "The provided token has expired.")


def test_sessions_outlive_a_restart(tmp_path: Any) -> None:
    process = EndpointProcess(tmp_path / "home").start()
    session = process.client("sts").get_session_token()["Credentials"]
    assert session["AccessKeyId"].startswith("ASIA")
    process.stop()
    process.environment = {"ETL_IAM": "enforce"}
    process.start()
    client = boto3.client(
        "sts", endpoint_url=process.url, region_name="us-east-1", aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"], aws_session_token=session["SessionToken"], config=Config(proxies={}),
    )  # fmt: skip
    assert client.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    process.stop()


def test_a_setting_that_means_nothing_is_refused() -> None:
    assert [is_enforced(environment) for environment in ({}, {"ETL_IAM": "off"}, {"ETL_IAM": "enforce"})] == [False, False, True]
    with pytest.raises(EndpointSettingError, match="ETL_IAM is 'perhaps'; it is off or enforce"):
        is_enforced({"ETL_IAM": "perhaps"})
