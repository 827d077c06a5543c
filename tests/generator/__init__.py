"""What pipelines can GitLab users write that run Kaniko several times in a job?"""
