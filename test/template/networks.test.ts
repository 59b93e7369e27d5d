import { describe, expect, it } from "vitest";
import { z } from "zod";
import { SCRATCH_PORT } from "#engines/redis/config.ts";
import { packagedTemplate } from "./packaged.ts";

const own = ["minimal", "private"] as const;
const Rule = z.looseObject({ IpProtocol: z.string(), FromPort: z.number().optional(), CidrIp: z.string().optional() });
const Rules = z.array(Rule).optional();

function securityGroups(name: "local" | (typeof own)[number]) {
  return packagedTemplate(name)
    .ofType("AWS::EC2::SecurityGroup")
    .map(([id, { Properties }]) => ({
      id,
      vpc: Properties?.["VpcId"],
      ingress: Rules.parse(Properties?.["SecurityGroupIngress"]) ?? [],
      egress: Rules.parse(Properties?.["SecurityGroupEgress"]) ?? [],
    }));
}

/** Where tasks are started, as the machines and check-source are told. */
function taskPlaces(name: "local" | (typeof own)[number]) {
  const { ofType } = packagedTemplate(name);
  const ofMachines = ofType("AWS::StepFunctions::StateMachine").flatMap(([, { Properties }]) => {
    const told = z.record(z.string(), z.unknown()).parse(Properties?.["DefinitionSubstitutions"]);
    return "ClusterArn" in told ? [{ SubnetIds: told["SubnetIds"], AssignPublicIp: told["AssignPublicIp"] }] : [];
  });
  const ofFunctions = ofType("AWS::Lambda::Function").flatMap(([, { Properties }]) => {
    const { Variables } = z.object({ Variables: z.record(z.string(), z.unknown()) }).parse(Properties?.["Environment"]);
    return Variables["SUBNET_IDS"]
      ? [{ SubnetIds: Variables["SUBNET_IDS"], AssignPublicIp: Variables["ASSIGN_PUBLIC_IP"] }]
      : [];
  });
  return [...ofMachines, ...ofFunctions].map(({ SubnetIds, AssignPublicIp }) => ({ SubnetIds, AssignPublicIp }));
}

describe.each(["local", ...own] as const)("the network of %s", (name) => {
  it("lets nothing in from everywhere, and into tasks only Redis targets that a restore has told to come", () => {
    const groups = securityGroups(name);
    expect(groups.flatMap(({ ingress }) => ingress).filter(({ CidrIp }) => !CidrIp || CidrIp.endsWith("/0"))).toEqual(
      [],
    );
    expect(groups.find(({ id }) => id === "TaskSecurityGroup")?.ingress).toEqual([]);
    expect(groups.find(({ id }) => id === "RestoreSecurityGroup")?.ingress.map(({ FromPort }) => FromPort)).toEqual([
      SCRATCH_PORT,
    ]);
  });

  it("starts every task in the same subnets, with the same way out", () => {
    const [first, ...others] = taskPlaces(name);
    expect(others).toHaveLength(8);
    for (const other of others) expect(other).toEqual(first);
  });
});

describe.each(own)("the network profile %s", (name) => {
  const { Resources, ofType, actionsOf } = packagedTemplate(name);

  it("brings two subnets in a VPC of its own, and starts tasks there", () => {
    expect(ofType("AWS::EC2::Subnet")).toHaveLength(2);
    expect(taskPlaces(name)[0]?.SubnetIds).toEqual({ "Fn::Join": [",", [{ Ref: "SubnetA" }, { Ref: "SubnetB" }]] });
    for (const { vpc } of securityGroups(name)) expect(vpc).toEqual({ Ref: "Vpc" });
  });

  it("SK-16 reaches S3 by a gateway endpoint that leads to the repository and to ECR's layers only", () => {
    const { PolicyDocument, ...endpoint } = z
      .looseObject({ PolicyDocument: z.object({ Statement: z.array(z.looseObject({ Resource: z.unknown() })) }) })
      .parse(Resources["S3Endpoint"]?.Properties);
    expect(endpoint).toMatchObject({ VpcEndpointType: "Gateway", RouteTableIds: [{ Ref: "Routes" }] });
    expect(PolicyDocument.Statement.flatMap(({ Resource }) => Resource)).toEqual([
      { "Fn::GetAtt": ["RepositoryBucket", "Arn"] },
      { "Fn::Sub": "${RepositoryBucket.Arn}/*" },
      { "Fn::Sub": "arn:${AWS::Partition}:s3:::prod-${AWS::Region}-starport-layer-bucket/*" },
    ]);
    expect(JSON.stringify(PolicyDocument)).not.toMatch(/"s3:(\*|Delete|PutBucket)/);
  });

  it("lets through that endpoint whatever a task's role may do in the repository", () => {
    const [repository] = z
      .object({ Statement: z.array(z.looseObject({ Action: z.union([z.string(), z.array(z.string())]) })) })
      .parse(Resources["S3Endpoint"]?.Properties?.["PolicyDocument"]).Statement;
    for (const role of ["CaptureTaskRole", "VerifyTaskRole", "RestoreTaskRole"])
      expect(
        actionsOf(role).filter((action) => action.startsWith("s3:") && !repository?.Action.includes(action)),
        role,
      ).toEqual([]);
  });

  it("gives both subnets the routes of the endpoint", () => {
    const routed = ofType("AWS::EC2::SubnetRouteTableAssociation").map(([, { Properties }]) => Properties);
    expect(routed).toEqual([
      { RouteTableId: { Ref: "Routes" }, SubnetId: { Ref: "SubnetA" } },
      { RouteTableId: { Ref: "Routes" }, SubnetId: { Ref: "SubnetB" } },
    ]);
  });
});

it("the minimal profile costs nothing by itself: public addresses, neither a NAT gateway nor an interface endpoint", () => {
  const { ofType } = packagedTemplate("minimal");
  expect(taskPlaces("minimal")[0]?.AssignPublicIp).toBe("ENABLED");
  expect(ofType("AWS::EC2::InternetGateway")).toHaveLength(1);
  expect(ofType("AWS::EC2::NatGateway")).toEqual([]);
  expect(ofType("AWS::EC2::VPCEndpoint").map(([id]) => id)).toEqual(["S3Endpoint"]);
});

describe("the private profile", () => {
  const { ofType } = packagedTemplate("private");

  it("has no way to the internet: no gateway, no NAT, no route, no public address", () => {
    for (const type of [
      "InternetGateway",
      "NatGateway",
      "EgressOnlyInternetGateway",
      "VPCGatewayAttachment",
      "Route",
      "EIP",
    ])
      expect(ofType(`AWS::EC2::${type}`), type).toEqual([]);
    expect(taskPlaces("private")[0]?.AssignPublicIp).toBe("DISABLED");
  });

  it("reaches what a task needs of AWS by interface endpoints, under their usual names", () => {
    const interfaces = ofType("AWS::EC2::VPCEndpoint").filter(([id]) => id !== "S3Endpoint");
    expect(interfaces.map(([, { Properties }]) => JSON.stringify(Properties?.["ServiceName"]).split("}.")[1])).toEqual([
      'ecr.api"}',
      'ecr.dkr"}',
      'logs"}',
      'secretsmanager"}',
      'kms"}',
    ]);
    for (const [id, { Properties }] of interfaces)
      expect(Properties, id).toMatchObject({ VpcEndpointType: "Interface", PrivateDnsEnabled: true });
  });

  it("lets tasks out to AWS by 443 and to the range of sources and targets, and to nowhere else", () => {
    for (const { id, egress } of securityGroups("private").filter(({ id }) => id !== "EndpointSecurityGroup"))
      expect(
        egress.map(({ IpProtocol, FromPort, CidrIp }) => [IpProtocol, FromPort, CidrIp]),
        id,
      ).toEqual([
        ["tcp", 443, "0.0.0.0/0"],
        ["tcp", 0, "10.0.0.0/8"],
      ]);
  });
});

it("the local stage stays in the network that it names, and makes none", () => {
  const { ofType } = packagedTemplate("local");
  for (const type of ["VPC", "Subnet", "VPCEndpoint"]) expect(ofType(`AWS::EC2::${type}`), type).toEqual([]);
});
