# Who sees what of the lake. Without administrators of Lake Formation the catalog is IAM's alone, and there are no readers.

locals {
  governed = length(var.lake_formation_admins) > 0

  readers = {
    analyst  = { description = "Analysts: what is public", sensitivity = ["public"] }
    engineer = { description = "Engineers: personal data too", sensitivity = ["personal", "public"] }
  }
}

module "reader" {
  source   = "../modules/reader_role"
  for_each = local.governed ? local.readers : {}

  platform      = local.platform
  name          = each.key
  description   = each.value.description
  workgroup_arn = module.athena.arn
  databases     = ["curated"]
  results       = { bucket = module.bucket["logs"].name }
}

module "lake_formation" {
  source = "../modules/lake_formation"
  count  = local.governed ? 1 : 0

  admin_arns    = var.lake_formation_admins
  locations     = { curated = module.bucket["curated"].arn }
  tags          = { sensitivity = ["personal", "public"] }
  database_tags = { curated = { sensitivity = "public" } }

  grants = {
    for name, reader in local.readers : name => {
      role_arn      = module.reader[name].arn
      resource_type = "TABLE"
      permissions   = ["DESCRIBE", "SELECT"]
      tags          = { sensitivity = reader.sensitivity }
    }
  }

  depends_on = [module.catalog]
}
